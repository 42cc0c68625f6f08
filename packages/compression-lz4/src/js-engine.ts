/// <reference path="./lz4js.d.ts" />
import { compressBlock, decompressBlock } from 'lz4js'
import type { BlockEngine, Decompressed } from './block-engine.ts'
import { compressBound, HISTORY, MALFORMED, TOO_LONG } from './block-format.ts'
import { endInLiterals, measureBlock } from './block-sequences.ts'

const BLOCK = 65536

/**
 * The engine that works everywhere, over lz4js. That one checks nothing, so a block is measured before it sees it; and its blocks end a little
 * later in a match than the format allows.
 */
export function createJsEngine(): BlockEngine {
  const table = new Uint32Array(65536)
  const compressed = new Uint8Array(compressBound(BLOCK))
  let output = new Uint8Array(0)

  return {
    name: 'js',

    compress(block) {
      // What it remembers of the last block would become matches that reach out of this one.
      table.fill(0)
      const length = compressBlock(block, compressed, 0, block.length, table)
      // Nothing in it repeats.
      if (length === 0) return block
      return compressed.subarray(0, endInLiterals(compressed, length, block))
    },

    decompress(block, history, limit): Decompressed {
      const length = measureBlock(block, history.length, limit)
      if (length === TOO_LONG) return 'too long'
      if (length === MALFORMED) return 'malformed'
      if (output.length < history.length + length) output = new Uint8Array(HISTORY + Math.max(length, BLOCK))
      output.set(history)
      decompressBlock(block, output, 0, block.length, history.length)
      return output.subarray(history.length, history.length + length)
    },
  }
}
