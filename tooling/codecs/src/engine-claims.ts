import { type Codec, ConfigError } from '@k/protocol'
import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { expectRecordBatch } from './record-batch.ts'
import { compressible, noise, text } from './samples.ts'

/** Makes a codec that has two engines. */
export type CreateCodec = (options?: { engine?: 'wasm' | 'js' }) => Codec

export interface EngineClaims {
  readonly id: number
  readonly name: string
  readonly create: CreateCodec
  /** Loads the codec's module once more, and nothing of it before. */
  readonly load: () => Promise<CreateCodec>
  /** Bytes of its largest block. */
  readonly blockSize: number
  /** Sizes at which something changes in its blocks. */
  readonly sizes: readonly number[]
}

/** What is true of every codec that has two engines. */
export function claimEngines({ id, name, create, load, blockSize, sizes }: EngineClaims): void {
  const codecs = [create({ engine: 'wasm' }), create({ engine: 'js' })]

  async function expectBack(bytes: Uint8Array): Promise<void> {
    for (const writer of codecs) {
      const compressed = await writer.compress(bytes)
      for (const reader of codecs) expect(Buffer.compare(await reader.decompress(compressed, bytes.length), bytes)).toBe(0)
    }
  }

  describe(name, () => {
    it('has the number and the name that Kafka gave it', () => {
      expect(create()).toMatchObject({ id, name })
    })

    it.each([...sizes, 1000, blockSize - 1, blockSize, blockSize + 1, 3 * blockSize, 1_000_000])(
      'brings %i bytes back, whichever engine wrote and whichever reads',
      async (length) => {
        for (const bytes of [text(length), noise(length), Buffer.alloc(length)]) await expectBack(bytes)
      },
    )

    it('brings whatever back', () => fc.assert(fc.asyncProperty(compressible, expectBack), { numRuns: 300 }))

    it('gives bytes that stay as they are when the next are compressed and decompressed', async () => {
      for (const codec of codecs) {
        const compressed = await codec.compress(text(blockSize))
        const decompressed = await codec.decompress(compressed, blockSize)
        await codec.decompress(await codec.compress(noise(blockSize)), blockSize)
        expect(Buffer.compare(decompressed, text(blockSize))).toBe(0)
        expect(Buffer.compare(await codec.decompress(compressed, blockSize), text(blockSize))).toBe(0)
      }
    })

    it('compresses a record batch', () => expectRecordBatch(create(), [[create()]]))
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
      expect(Buffer.compare(await create().compress(bytes), wasm!)).toBe(0)
    })

    it('is JavaScript where there is no WebAssembly, and WebAssembly is refused there when it is asked for', async () => {
      vi.resetModules()
      vi.stubGlobal('WebAssembly', undefined)
      const createAnew = await load()
      const bytes = text(50_000)
      expect(Buffer.compare(await createAnew().compress(bytes), await codecs[1]!.compress(bytes))).toBe(0)
      expect(() => createAnew({ engine: 'wasm' })).toThrow(`engine of ${name} cannot be 'wasm' here`)
    })

    it.each(['native', null, 1])('cannot be %s', (engine) => {
      const createIt = () => create({ engine } as unknown as Parameters<CreateCodec>[0])
      expect(createIt).toThrow(ConfigError)
      expect(createIt).toThrow(`engine of ${name} must be 'wasm' or 'js', not ${engine}`)
    })
  })
}
