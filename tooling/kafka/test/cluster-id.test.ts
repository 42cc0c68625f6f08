import { expect, it } from 'vitest'
import { newClusterId } from '../src/cluster-id.ts'

it('never begins with a dash, which kafka-storage takes for an option', () => {
  for (let first = 0; first < 256; first++) expect(newClusterId((size) => Buffer.alloc(size, first))).toMatch(/^[A-Za-z0-9_][\w-]{21}$/)
})

it('differs from one cluster to the next', () => {
  expect(newClusterId()).not.toBe(newClusterId())
})
