import { snappy } from '@k/compression-snappy'
import { claimEngines, noise } from '@tooling/codecs'
import { uncompress } from 'snappyjs'
import { describe, expect, it } from 'vitest'
import { jsEngine } from '../src/js-engine.ts'
import { createWasmEngine } from '../src/wasm-engine.ts'

claimEngines({
  id: 2,
  name: 'snappy',
  create: snappy,
  load: async () => (await import('../src/snappy.ts')).snappy,
  blockSize: 32768,
  sizes: [0, 1, 4, 14, 15, 16, 17, 60, 61, 62, 127, 128, 255, 256, 257],
})

describe('the engine', () => {
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
})
