import { instantiateWasm, viewWasmMemory, wasmBlocks } from '@k/protocol'
import type { BlockEngine, Decompressed } from './block-engine.ts'
import { compressBound, HISTORY, MAX_RATIO, TOO_LONG } from './block-format.ts'
import { compress, decompress } from './block-wasm.ts'

const { SLACK, TABLE } = wasmBlocks
const BLOCK = 65536
const SOURCE = TABLE
// Behind the input lie the bytes that matches may reach back into, then what is written.
const targetFor = (sourceSize: number) => SOURCE + sourceSize + SLACK + HISTORY
const MEMORY = targetFor(BLOCK) + compressBound(BLOCK) + SLACK

/** The engine in WebAssembly; undefined where this machine cannot run it. */
export function createWasmEngine(): BlockEngine | undefined {
  const instance = instantiateWasm(MEMORY, { compress: compress(), decompress: decompress() })
  if (instance === undefined) return undefined
  const memory = viewWasmMemory(instance.memory)

  return {
    name: 'wasm',

    compress(block) {
      const bytes = memory(MEMORY)
      bytes.set(block, SOURCE)
      const target = targetFor(BLOCK)
      return bytes.subarray(target, target + instance.compress(SOURCE, block.length, target))
    },

    decompress(block, history, limit): Decompressed {
      const target = targetFor(block.length)
      const reachable = Math.min(limit, block.length * MAX_RATIO)
      const bytes = memory(target + reachable + SLACK)
      bytes.set(block, SOURCE)
      bytes.set(history, target - history.length)
      const length = instance.decompress(SOURCE, block.length, target, reachable, target - history.length)
      if (length < 0) return length === TOO_LONG ? 'too long' : 'malformed'
      return bytes.subarray(target, target + length)
    },
  }
}
