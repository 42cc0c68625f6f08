import { lz4 } from '@k/compression-lz4'
import { claimEngines, compressible, noise, text } from '@tooling/codecs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createJsEngine } from '../src/js-engine.ts'
import { createWasmEngine } from '../src/wasm-engine.ts'
import { xxh32 } from '../src/xxh32.ts'
import { sequencesOf } from './frames.ts'

const BLOCK = 65536

claimEngines({
  id: 3,
  name: 'lz4',
  create: lz4,
  load: async () => (await import('../src/lz4.ts')).lz4,
  blockSize: BLOCK,
  sizes: [0, 1, 4, 5, 11, 12, 13, 14, 100],
})

describe('lz4', () => {
  it('writes frames as Java does: independent blocks of 64 KB, the right header checksum, what does not shrink as it is', async () => {
    for (const engine of ['wasm', 'js'] as const) {
      const codec = lz4({ engine })
      const frame = Buffer.from(await codec.compress(Buffer.concat([text(BLOCK), noise(BLOCK), text(10)])))
      expect(frame.toString('hex', 0, 7)).toBe('04224d18604082')
      const first = frame.readUInt32LE(7)
      expect(first).toBeLessThan(BLOCK)
      expect(frame.readUInt32LE(11 + first)).toBe((BLOCK | 0x80000000) >>> 0)
      expect(frame.readUInt32LE(15 + first + BLOCK)).toBe((10 | 0x80000000) >>> 0)
      expect(frame.readUInt32LE(frame.length - 4)).toBe(0)
    }
  })
})

describe.each([createWasmEngine()!, createJsEngine()])('the engine $name', (engine) => {
  // The reference decompressor copies in large steps near the end, and refuses a block that ends otherwise.
  const expectLawful = (bytes: Uint8Array) => {
    const block = engine.compress(bytes)
    if (block.length >= bytes.length) return
    const sequences = sequencesOf(block)
    for (const { matchStart, offset } of sequences) expect(offset >= 1 && offset <= matchStart).toBe(true)
    const last = sequences.at(-1)!
    expect(last.matchStart).toBeLessThanOrEqual(bytes.length - 12)
    expect(last.matchEnd).toBeLessThanOrEqual(bytes.length - 5)
  }

  it('ends a block in five literals at least, with the last match twelve bytes before the end at least', () => {
    fc.assert(
      fc.property(compressible, fc.uint8Array({ maxLength: 20 }), (bytes, end) => {
        expectLawful(Buffer.concat([bytes, end]).subarray(-BLOCK))
      }),
      { numRuns: 500 },
    )
    // What repeats right behind a match, at each distance from the end.
    const start = noise(200)
    for (let length = 4; length < 30; length++) {
      for (let rest = 0; rest < 15; rest++) {
        expectLawful(Buffer.concat([start, Buffer.alloc(80), start.subarray(50, 50 + length), Buffer.alloc(rest, 'z')]))
      }
    }
  })

  it('takes 64 KB of what does not compress', () => {
    expect(engine.compress(noise(BLOCK)).length).toBeGreaterThanOrEqual(BLOCK)
  })
})

describe('xxh32', () => {
  it.each([
    ['', 0x02cc5d05],
    ['a', 0x550d7456],
    ['abc', 0x32d153ff],
    ['Nobody inspects the spammish repetition', 0xe2293b2f],
  ])('of %j is known', (input, hash) => {
    expect(xxh32(Buffer.from(input))).toBe(hash)
  })
})
