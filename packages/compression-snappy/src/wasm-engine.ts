import { instantiateWasm, viewWasmMemory, wasmBlocks } from '@k/protocol'
import type { BlockEngine } from './block-engine.ts'
import { compressBound } from './block-format.ts'
import { compress, decompress } from './block-wasm.ts'

const { SLACK, TABLE } = wasmBlocks
const BLOCK = 32768
const SOURCE = TABLE
const COMPRESSED = SOURCE + BLOCK + SLACK
const MEMORY = COMPRESSED + compressBound(BLOCK) + SLACK
// WebAssembly never gives memory back, so no block is given more of it.
const MAX_MEMORY = 4 * 1024 * 1024

/**
 * The engine in WebAssembly; undefined where this machine cannot run it.
 * @param other - for blocks of megabytes, which only those write who know nothing of xerial
 */
export function createWasmEngine(other: BlockEngine): BlockEngine | undefined {
  const instance = instantiateWasm(MEMORY, { compress: compress(), decompress: decompress() })
  if (instance === undefined) return undefined
  const memory = viewWasmMemory(instance.memory)

  return {
    name: 'wasm',

    compress(block) {
      const bytes = memory(MEMORY)
      bytes.set(block, SOURCE)
      let at = COMPRESSED
      let rest = block.length
      for (; rest >= 128; rest >>>= 7) bytes[at++] = rest | 128
      bytes[at++] = rest
      return bytes.subarray(COMPRESSED, at + instance.compress(SOURCE, block.length, at))
    },

    decompress(block, elements, target) {
      const output = SOURCE + block.length + SLACK
      const size = output + target.length + SLACK
      if (size > MAX_MEMORY) return other.decompress(block, elements, target)
      const bytes = memory(size)
      bytes.set(block, SOURCE)
      if (instance.decompress(SOURCE + elements, SOURCE + block.length, output, target.length) === 0) return false
      target.set(bytes.subarray(output, output + target.length))
      return true
    },
  }
}
