/// <reference path="./snappyjs.d.ts" />
import { compress, uncompress } from 'snappyjs'
import { becomes } from './block-elements.ts'
import type { BlockEngine } from './block-engine.ts'

// snappyjs refuses a last literal of a byte or two whose length stands apart: it wants four bytes behind every such tag. A literal more, which
// leads beyond the output and is lost there, gives them to it.
const PADDING = Buffer.from([3 << 2, 0, 0, 0, 0])

/**
 * The engine that works everywhere, over snappyjs. That one does not look whether the output is full or overflows, so a block is walked through
 * before it sees it.
 */
export const jsEngine: BlockEngine = {
  name: 'js',

  compress,

  decompress(block, elements, target) {
    if (!becomes(target.length, block, elements)) return false
    try {
      target.set(uncompress(block))
    } catch {
      target.set(uncompress(Buffer.concat([block, PADDING])))
    }
    return true
  },
}
