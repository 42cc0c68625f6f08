import type { BlockEngine } from './block-engine.ts'
import { compressBound } from './block-format.ts'
import { compress, decompress, SLACK, TABLE } from './block-wasm.ts'
import { instantiate, PAGE } from './wasm-assembler.ts'

const BLOCK = 32768
const SOURCE = TABLE
const COMPRESSED = SOURCE + BLOCK + SLACK
const PAGES = Math.ceil((COMPRESSED + compressBound(BLOCK) + SLACK) / PAGE)
// WebAssembly never gives memory back, so no block is given more of it.
const MAX_MEMORY = 4 * 1024 * 1024

/**
 * The engine in WebAssembly; undefined where this machine cannot run it.
 * @param other - for blocks of megabytes, which only those write who know nothing of xerial
 */
export function createWasmEngine(other: BlockEngine): BlockEngine | undefined {
  const instance = instantiate(PAGES, [compress(), decompress()])
  if (instance === undefined) return undefined
  const { call, memory } = instance
  let memoryBytes = new Uint8Array(memory.buffer)

  function ensureMemory(size: number): void {
    if (size <= memoryBytes.length) return
    memory.grow(Math.ceil((size - memoryBytes.length) / PAGE))
    memoryBytes = new Uint8Array(memory.buffer)
  }

  return {
    name: 'wasm',

    compress(bytes) {
      memoryBytes.set(bytes, SOURCE)
      let at = COMPRESSED
      let rest = bytes.length
      for (; rest >= 128; rest >>>= 7) memoryBytes[at++] = rest | 128
      memoryBytes[at++] = rest
      return memoryBytes.subarray(COMPRESSED, at + call.compress!(SOURCE, bytes.length, at))
    },

    decompress(block, elements, target) {
      const output = SOURCE + block.length + SLACK
      const size = output + target.length + SLACK
      if (size > MAX_MEMORY) return other.decompress(block, elements, target)
      ensureMemory(size)
      memoryBytes.set(block, SOURCE)
      if (call.decompress!(SOURCE + elements, SOURCE + block.length, output, target.length) === 0) return false
      target.set(memoryBytes.subarray(output, output + target.length))
      return true
    },
  }
}
