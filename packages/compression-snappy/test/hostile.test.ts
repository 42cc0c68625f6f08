import { snappy } from '@k/compression-snappy'
import { DecodeError } from '@k/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { varint } from './elements.ts'
import { noise, text } from './samples.ts'

const wasm = snappy({ engine: 'wasm' })
const js = snappy({ engine: 'js' })
const MAX = 300_000
const HEADER = 16

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
const mutations = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 4 })

describe('hostile bytes', () => {
  it('are refused where they are cut, at whatever byte', () => {
    for (const sample of samples) {
      const compressed = wasm.compress(sample) as Uint8Array
      const raw = compressed.subarray(HEADER + 4)
      // Behind its header a stream of xerial may end.
      for (let length = 0; length < compressed.length; length++)
        if (length !== HEADER) expect(expectTheSame(compressed.subarray(0, length))).toBe('DECOMPRESSION_FAILED')
      for (let length = 0; length < raw.length; length++) expect(expectTheSame(raw.subarray(0, length))).toBe('DECOMPRESSION_FAILED')
    }
  })

  it('give the same bytes or the same refusal by either engine, whatever is changed in them', () => {
    const compressed = samples.map((sample) => wasm.compress(sample) as Uint8Array)
    let readable = 0
    fc.assert(
      fc.property(fc.constantFrom(...compressed), mutations, (bytes, changes) => {
        const changed = Buffer.from(bytes)
        for (const [at, byte] of changes) changed[HEADER + (at % (changed.length - HEADER))] = byte
        if (!expectTheSame(changed).startsWith('DECOMPRESS')) readable++
      }),
      { numRuns: 5000 },
    )
    expect(readable).toBeGreaterThan(100)
  })

  it('as elements of whatever are the same by either engine', () => {
    fc.assert(
      fc.property(fc.nat({ max: 150 }), fc.uint8Array({ maxLength: 60 }), (length, elements) => {
        expectTheSame(Buffer.concat([varint(length), elements]))
      }),
      { numRuns: 10_000 },
    )
  })
})
