import { crc32c } from '@k/protocol'
import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createFold, MAX_FOLDED, MIN_FOLDED } from '../../src/records/crc32c-folding.ts'

// The definition, a bit at a time.
const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let register = byte
  for (let bit = 0; bit < 8; bit++) register = register & 1 ? (register >>> 1) ^ 0x82f63b78 : register >>> 1
  return register
})
const byDefinition = (bytes: Uint8Array) =>
  (bytes.reduce((register, byte) => (register >>> 8) ^ table[(register ^ byte) & 255]!, -1) ^ -1) >>> 0

const noise = Buffer.alloc(600_000)
for (let i = 0, x = 1; i < noise.length; i++) {
  x ^= x << 13
  x ^= x >>> 17
  x ^= x << 5
  noise[i] = x
}

describe('crc32c', () => {
  // RFC 3720, appendix B.4.
  it.each([
    ['32 zeros', Buffer.alloc(32), 0x8a9136aa],
    ['32 times 0xff', Buffer.alloc(32, 0xff), 0x62a8ab43],
    ['0 to 31', Buffer.from(Array.from({ length: 32 }, (_, i) => i)), 0x46dd794e],
    ['31 to 0', Buffer.from(Array.from({ length: 32 }, (_, i) => 31 - i)), 0x113fdb5c],
    ['"123456789"', Buffer.from('123456789'), 0xe3069283],
    ['nothing', Buffer.alloc(0), 0],
  ])('is the one of the standard for %s', (_, bytes, checksum) => {
    expect(crc32c(bytes)).toBe(checksum)
    expect(byDefinition(bytes)).toBe(checksum)
  })

  it('takes a part of the bytes', () => {
    const bytes = Buffer.from('before123456789after')
    expect(crc32c(bytes, 6, 15)).toBe(0xe3069283)
    expect(crc32c(bytes, 6)).toBe(crc32c(Buffer.from('123456789after')))
  })

  it('takes any Uint8Array', () => {
    expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283)
    expect(crc32c(new Uint8Array(noise).subarray(5, 50_005))).toBe(byDefinition(noise.subarray(5, 50_005)))
  })

  it('is the one of the definition for bytes of any length, wherever they begin', () => {
    fc.assert(
      fc.property(fc.nat(20), fc.nat(10_000), (start, length) => {
        expect(crc32c(noise, start, start + length)).toBe(byDefinition(noise.subarray(start, start + length)))
      }),
      { numRuns: 300 },
    )
  })

  it.each([
    2047,
    2048,
    2049,
    MAX_FOLDED - 1,
    MAX_FOLDED,
    MAX_FOLDED + 1,
    MAX_FOLDED + MIN_FOLDED - 1,
    MAX_FOLDED + MIN_FOLDED,
    2 * MAX_FOLDED + 5,
  ])('is the one of the definition for %i bytes', (length) => {
    expect(crc32c(noise.subarray(0, length))).toBe(byDefinition(noise.subarray(0, length)))
    expect(crc32c(Buffer.alloc(length))).toBe(byDefinition(Buffer.alloc(length)))
  })

  describe('without WebAssembly', () => {
    afterEach(() => {
      vi.unstubAllGlobals()
      vi.resetModules()
    })

    class Refusing {
      constructor() {
        throw new Error('no vectors here')
      }
    }

    it.each([undefined, { Module: Refusing, Instance: Refusing }])('is the same', async (replacement) => {
      vi.resetModules()
      vi.stubGlobal('WebAssembly', replacement)
      expect(createFold()).toBeUndefined()
      const fresh = await import('../../src/records/crc32c.ts')
      expect(fresh.crc32c(noise.subarray(0, 50_000))).toBe(byDefinition(noise.subarray(0, 50_000)))
    })
  })
})

describe('folding', () => {
  it('leaves bytes of the same checksum, however many there were', () => {
    const fold = createFold()!
    fc.assert(
      fc.property(fc.integer({ min: MIN_FOLDED, max: MIN_FOLDED + 5000 }), (length) => {
        const left = fold(noise.subarray(0, length), -1)
        expect(left.length).toBeLessThan(80 * 16)
        const register = left.reduce((register, byte) => (register >>> 8) ^ table[(register ^ byte) & 255]!, 0)
        expect(~register >>> 0).toBe(byDefinition(noise.subarray(0, length)))
      }),
    )
  })
})
