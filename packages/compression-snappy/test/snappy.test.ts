import { type SnappyOptions, snappy } from '@k/compression-snappy'
import { Codecs, ConfigError, RecordBatchBuilder, recordBatches } from '@k/protocol'
import fc from 'fast-check'
import { uncompress } from 'snappyjs'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { jsEngine } from '../src/js-engine.ts'
import { createWasmEngine } from '../src/wasm-engine.ts'
import { noise, text } from './samples.ts'

const codecs = [snappy({ engine: 'wasm' }), snappy({ engine: 'js' })]
const BLOCK = 32768

// Pieces that repeat soon, late, and not at all.
const compressible = fc
  .array(fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 400 })), { maxLength: 40 })
  .map((pieces) => Buffer.concat(pieces.flatMap(([bytes, times]) => Array<Uint8Array>(times).fill(bytes))))

async function expectBack(bytes: Uint8Array): Promise<void> {
  for (const writer of codecs) {
    const compressed = await writer.compress(bytes)
    for (const reader of codecs) expect(Buffer.compare(await reader.decompress(compressed, bytes.length), bytes)).toBe(0)
  }
}

describe('snappy', () => {
  it('has the number and the name that Kafka gave it', () => {
    expect(snappy()).toMatchObject({ id: 2, name: 'snappy' })
  })

  it.each([0, 1, 4, 14, 15, 16, 17, 60, 61, 62, 127, 128, 255, 256, 257, 1000, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK, 1_000_000])(
    'brings %i bytes back, whichever engine wrote and whichever reads',
    async (length) => {
      for (const bytes of [text(length), noise(length), Buffer.alloc(length)]) await expectBack(bytes)
    },
  )

  it('brings whatever back', () => fc.assert(fc.asyncProperty(compressible, expectBack), { numRuns: 300 }))

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
    const bytes = await builder.close({ codec: snappy() })
    expect(bytes.length).toBeLessThan(uncompressed / 2)
    const [batch] = recordBatches(bytes)
    batch!.ensureValid()
    const reader = await batch!.records(new Codecs([snappy()]))
    const keys: string[] = []
    while (reader.next()) keys.push(reader.key()!.toString())
    expect(keys).toEqual(Array.from({ length: 500 }, (_, i) => `key-${i}`))
  })
})

describe('the engine', () => {
  afterEach(() => {
    vi.unstubAllGlobals()
    vi.resetModules()
  })

  it('in WebAssembly writes blocks that others read, with copies of every length and distance', () => {
    const engine = createWasmEngine(jsEngine)!
    for (let length = 4; length < 300; length++) {
      const start = noise(length, length)
      const near = [start, noise(7, 3), start, noise(20, 9)]
      const far = [start, Buffer.alloc(2100, 'z'), start, noise(20, 9)]
      const bytes = Buffer.concat([...near, ...far])
      const compressed = engine.compress(bytes)
      // Each repetition is found: it costs less than it would as a literal.
      expect(compressed.length).toBeLessThan(2 * length + 250)
      expect(Buffer.compare(uncompress(compressed), bytes)).toBe(0)
    }
  })

  it('is WebAssembly unless another is named', async () => {
    const bytes = text(50_000)
    const [wasm, js] = await Promise.all(codecs.map((codec) => codec.compress(bytes)))
    expect(Buffer.compare(wasm!, js!)).not.toBe(0)
    expect(Buffer.compare(await snappy().compress(bytes), wasm!)).toBe(0)
  })

  it('is JavaScript where there is no WebAssembly, and WebAssembly is refused there when it is asked for', async () => {
    vi.resetModules()
    vi.stubGlobal('WebAssembly', undefined)
    const fresh = await import('../src/snappy.ts')
    const bytes = text(50_000)
    expect(Buffer.compare(await fresh.snappy().compress(bytes), await codecs[1]!.compress(bytes))).toBe(0)
    expect(() => fresh.snappy({ engine: 'wasm' })).toThrow("engine of snappy cannot be 'wasm' here")
  })

  it.each(['native', null, 1])('cannot be %s', (engine) => {
    expect(() => snappy({ engine } as unknown as SnappyOptions)).toThrow(ConfigError)
    expect(() => snappy({ engine } as unknown as SnappyOptions)).toThrow(`engine of snappy must be 'wasm' or 'js', not ${engine}`)
  })
})
