import { DecodeError } from '@k/protocol'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { CreateCodec } from './engine-claims.ts'
import { noise, text } from './samples.ts'

const MAX = 300_000

/** Few bytes of each kind. */
export const hostileSamples = [text(3000), Buffer.concat([text(500), noise(500), Buffer.alloc(500)]), Buffer.alloc(5000, 'ab')]

/**
 * Decompresses by either engine, and expects the same: what one took from beyond its input, its output or an earlier call would differ from what the
 * other took. Gives what came out, in base64, or the code of the refusal.
 */
export function byEitherEngine(create: CreateCodec): (bytes: Uint8Array) => string {
  const read = (engine: 'wasm' | 'js') => {
    const codec = create({ engine })
    return (bytes: Uint8Array): string => {
      try {
        return Buffer.from(codec.decompress(bytes, MAX) as Uint8Array).toString('base64')
      } catch (error) {
        if (DecodeError.is(error, 'DECOMPRESSION_FAILED', 'DECOMPRESSED_TOO_LARGE')) return error.code
        throw error
      }
    }
  }
  const [wasm, js] = [read('wasm'), read('js')]
  return (bytes) => {
    const result = wasm(bytes)
    expect(js(bytes) === result).toBe(true)
    return result
  }
}

export interface HostileClaims {
  readonly create: CreateCodec
  /** Bytes of the header, which are left alone: if it has a checksum, that would refuse nearly all. */
  readonly headerSize: number
  /** Whether a header with nothing behind it is good. */
  readonly mayEndAfterHeader: boolean
  /** What is to be changed besides the samples. */
  readonly others?: readonly Uint8Array[]
}

/** What is true of every codec that has two engines when its bytes are not what it wrote. */
export function claimHostileBytes({ create, headerSize, mayEndAfterHeader, others = [] }: HostileClaims): void {
  const read = byEitherEngine(create)
  const compressed = hostileSamples.map((sample) => create().compress(sample) as Uint8Array)

  it('are refused where they are cut, at whatever byte', () => {
    for (const bytes of compressed) {
      for (let length = 0; length < bytes.length; length++)
        if (length !== headerSize || !mayEndAfterHeader) expect(read(bytes.subarray(0, length))).toBe('DECOMPRESSION_FAILED')
    }
  })

  it('give the same bytes or the same refusal by either engine, whatever is changed in them', () => {
    const mutations = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 6 })
    let readable = 0
    fc.assert(
      fc.property(fc.constantFrom(...compressed, ...others), mutations, (bytes, changes) => {
        const changed = Buffer.from(bytes)
        for (const [at, byte] of changes) changed[headerSize + (at % (changed.length - headerSize))] = byte
        if (!read(changed).startsWith('DECOMPRESS')) readable++
      }),
      { numRuns: 5000 },
    )
    expect(readable).toBeGreaterThan(100)
  })
}
