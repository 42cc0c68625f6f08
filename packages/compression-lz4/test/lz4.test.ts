import { type Lz4Options, lz4 } from '@k/compression-lz4'
import { Codecs, ConfigError, RecordBatchBuilder, recordBatches } from '@k/protocol'
import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createJsEngine } from '../src/js-engine.ts'
import { createWasmEngine } from '../src/wasm-engine.ts'
import { xxh32 } from '../src/xxh32.ts'
import { sequencesOf } from './frames.ts'
import { noise, text } from './samples.ts'

const codecs = [lz4({ engine: 'wasm' }), lz4({ engine: 'js' })]
const BLOCK = 65536

// Pieces that repeat soon, late, and not at all.
const compressible = fc
  .array(fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 400 })), { maxLength: 40 })
  .map((pieces) => Buffer.concat(pieces.flatMap(([bytes, times]) => Array<Uint8Array>(times).fill(bytes))))

describe('lz4', () => {
  it('has the number and the name that Kafka gave it', () => {
    expect(lz4()).toMatchObject({ id: 3, name: 'lz4' })
  })

  it.each([0, 1, 4, 5, 11, 12, 13, 14, 100, 1000, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK, 1_000_000])(
    'brings %i bytes back, whichever engine wrote and whichever reads',
    async (length) => {
      for (const bytes of [text(length), noise(length), Buffer.alloc(length)]) {
        for (const writer of codecs) {
          const compressed = await writer.compress(bytes)
          for (const reader of codecs) expect(Buffer.compare(await reader.decompress(compressed, length), bytes)).toBe(0)
        }
      }
    },
  )

  it('brings whatever back', () => {
    fc.assert(
      fc.asyncProperty(compressible, async (bytes) => {
        for (const writer of codecs) {
          const compressed = await writer.compress(bytes)
          for (const reader of codecs) expect(Buffer.compare(await reader.decompress(compressed, bytes.length), bytes)).toBe(0)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('writes frames as Java does: independent blocks of 64 KB, the right header checksum, what does not shrink as it is', async () => {
    for (const codec of codecs) {
      const frame = Buffer.from(await codec.compress(Buffer.concat([text(BLOCK), noise(BLOCK), text(10)])))
      expect(frame.toString('hex', 0, 7)).toBe('04224d18604082')
      const first = frame.readUInt32LE(7)
      expect(first).toBeLessThan(BLOCK)
      expect(frame.readUInt32LE(11 + first)).toBe((BLOCK | 0x80000000) >>> 0)
      expect(frame.readUInt32LE(15 + first + BLOCK)).toBe((10 | 0x80000000) >>> 0)
      expect(frame.readUInt32LE(frame.length - 4)).toBe(0)
    }
  })

  it('gives bytes that stay as they are when the next are compressed and decompressed', async () => {
    for (const codec of codecs) {
      const compressed = await codec.compress(text(BLOCK))
      const decompressed = await codec.decompress(compressed, BLOCK)
      await codec.decompress(await codec.compress(noise(BLOCK)), BLOCK)
      expect(Buffer.compare(decompressed, text(BLOCK))).toBe(0)
      expect(Buffer.compare(await codec.decompress(compressed, BLOCK), text(BLOCK))).toBe(0)
    }
  })

  it('compresses a record batch', async () => {
    const builder = new RecordBatchBuilder()
    for (let i = 0; i < 500; i++) builder.append(1_700_000_000_000 + i, `key-${i}`, text(100))
    const uncompressed = builder.size
    const bytes = await builder.close({ codec: lz4() })
    expect(bytes.length).toBeLessThan(uncompressed / 2)
    const [batch] = recordBatches(bytes)
    batch!.ensureValid()
    const reader = await batch!.records(new Codecs([lz4()]))
    const keys: string[] = []
    while (reader.next()) keys.push(reader.key()!.toString())
    expect(keys).toEqual(Array.from({ length: 500 }, (_, i) => `key-${i}`))
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

describe('the engine', () => {
  afterEach(() => {
    vi.unstubAllGlobals()
    vi.resetModules()
  })

  it('is WebAssembly unless another is named', async () => {
    const bytes = text(50_000)
    const [wasm, js] = await Promise.all(codecs.map((codec) => codec.compress(bytes)))
    expect(Buffer.compare(wasm!, js!)).not.toBe(0)
    expect(Buffer.compare(await lz4().compress(bytes), wasm!)).toBe(0)
  })

  it('is JavaScript where there is no WebAssembly, and WebAssembly is refused there when it is asked for', async () => {
    vi.resetModules()
    vi.stubGlobal('WebAssembly', undefined)
    const fresh = await import('../src/lz4.ts')
    const bytes = text(50_000)
    expect(Buffer.compare(await fresh.lz4().compress(bytes), await codecs[1]!.compress(bytes))).toBe(0)
    expect(() => fresh.lz4({ engine: 'wasm' })).toThrow("engine of lz4 cannot be 'wasm' here")
  })

  it.each(['native', null, 1])('cannot be %s', (engine) => {
    expect(() => lz4({ engine } as unknown as Lz4Options)).toThrow(ConfigError)
    expect(() => lz4({ engine } as unknown as Lz4Options)).toThrow(`engine of lz4 must be 'wasm' or 'js', not ${engine}`)
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
