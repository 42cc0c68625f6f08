import { writeCompressed } from '@k/protocol'
import { expect, it } from 'vitest'

it.each([0, 10, 1_000_000, 2_000_000])('gives what was written within a bound of %i bytes, and keeps it', (bound) => {
  const write = (byte: number) =>
    writeCompressed(bound, (target) => {
      expect(target.length).toBeGreaterThanOrEqual(bound)
      target.fill(byte, 0, bound >> 1)
      return bound >> 1
    })
  const first = write(1)
  const second = write(2)
  expect(first.equals(Buffer.alloc(bound >> 1, 1))).toBe(true)
  expect(second.equals(Buffer.alloc(bound >> 1, 2))).toBe(true)
})
