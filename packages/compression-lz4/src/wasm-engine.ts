import type { BlockEngine, Decompressed } from './block-engine.ts'
import { compressBound, HISTORY, MAX_RATIO, TOO_LONG } from './block-format.ts'
import { compress, decompress, SLACK, TABLE } from './block-wasm.ts'
import { instantiate, PAGE } from './wasm-assembler.ts'

const BLOCK = 65536
const SOURCE = TABLE
// Behind the input lie the bytes that matches may reach back into, then what is written.
const targetFor = (sourceSize: number) => SOURCE + sourceSize + SLACK + HISTORY
const PAGES = Math.ceil((targetFor(BLOCK) + compressBound(BLOCK) + SLACK) / PAGE)

/** The engine in WebAssembly; undefined where this machine cannot run it. */
export function createWasmEngine(): BlockEngine | undefined {
  const instance = instantiate(PAGES, [compress(), decompress()])
  if (instance === undefined) return undefined
  const { call, memory } = instance
  let bytes = new Uint8Array(memory.buffer)

  function ensureMemory(size: number): void {
    if (size <= bytes.length) return
    memory.grow(Math.ceil((size - bytes.length) / PAGE))
    bytes = new Uint8Array(memory.buffer)
  }

  return {
    name: 'wasm',

    compress(block) {
      bytes.set(block, SOURCE)
      const target = targetFor(BLOCK)
      return bytes.subarray(target, target + call.compress!(SOURCE, block.length, target))
    },

    decompress(block, history, limit): Decompressed {
      const target = targetFor(block.length)
      const reachable = Math.min(limit, block.length * MAX_RATIO)
      ensureMemory(target + reachable + SLACK)
      bytes.set(block, SOURCE)
      bytes.set(history, target - history.length)
      const length = call.decompress!(SOURCE, block.length, target, reachable, target - history.length)
      if (length < 0) return length === TOO_LONG ? 'too long' : 'malformed'
      return bytes.subarray(target, target + length)
    },
  }
}
