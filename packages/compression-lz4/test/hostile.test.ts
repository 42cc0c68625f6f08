import { lz4 } from '@k/compression-lz4'
import { DecodeError } from '@k/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { frame } from './frames.ts'
import { noise, text } from './samples.ts'

const wasm = lz4({ engine: 'wasm' })
const js = lz4({ engine: 'js' })
const MAX = 300_000

function read(codec: typeof wasm, bytes: Uint8Array): string {
  try {
    return Buffer.from(codec.decompress(bytes, MAX) as Uint8Array).toString('base64')
  } catch (error) {
    if (DecodeError.is(error, 'DECOMPRESSION_FAILED', 'DECOMPRESSED_TOO_LARGE')) return error.code
    throw error
  }
}

// What either engine took from beyond its input, its output or an earlier call would differ from what the other took.
function expectTheSame(bytes: Uint8Array): string {
  const result = read(wasm, bytes)
  expect(read(js, bytes) === result).toBe(true)
  return result
}

const samples = [text(3000), Buffer.concat([text(500), noise(500), Buffer.alloc(500)]), Buffer.alloc(5000, 'ab')]
const linked = frame({ isLinked: true, blocks: [text(100), text(100)].map((bytes) => ({ bytes, isStored: true })) })

describe('hostile bytes', () => {
  it('are refused where they are cut, at whatever byte', () => {
    for (const sample of samples) {
      const compressed = wasm.compress(sample) as Uint8Array
      for (let length = 0; length < compressed.length; length++)
        expect(expectTheSame(compressed.subarray(0, length))).toBe('DECOMPRESSION_FAILED')
    }
  })

  it('give the same bytes or the same refusal by either engine, whatever is changed in them', () => {
    const mutations = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 6 })
    const compressed = [...samples.map((sample) => wasm.compress(sample) as Uint8Array), linked]
    let readable = 0
    fc.assert(
      fc.property(fc.constantFrom(...compressed), mutations, (bytes, changes) => {
        const changed = Buffer.from(bytes)
        // The header is left alone, or its checksum would refuse nearly all.
        for (const [at, byte] of changes) changed[7 + (at % (changed.length - 7))] = byte
        if (!expectTheSame(changed).startsWith('DECOMPRESS')) readable++
      }),
      { numRuns: 5000 },
    )
    expect(readable).toBeGreaterThan(100)
  })

  it('as blocks of whatever are the same by either engine', () => {
    const blocks = fc.array(fc.uint8Array({ minLength: 1, maxLength: 60 }), { minLength: 1, maxLength: 3 })
    fc.assert(
      fc.property(blocks, fc.boolean(), (parts, isLinked) => {
        expectTheSame(frame({ isLinked, blocks: parts.map((bytes) => ({ bytes })) }))
      }),
      { numRuns: 5000 },
    )
  })
})
