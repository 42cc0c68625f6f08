/// <reference path="./snappyjs.d.ts" />
import { compress, uncompress } from 'snappyjs'
import { becomes } from './block-elements.ts'
import type { BlockEngine } from './block-engine.ts'

/**
 * The engine that works everywhere, over snappyjs. That one does not look whether the output is full or overflows, so a block is walked through
 * before it sees it.
 */
export const jsEngine: BlockEngine = {
  name: 'js',

  compress,

  decompress(block, elements, target) {
    if (!becomes(target.length, block, elements)) return false
    target.set(uncompress(block))
    return true
  },
}
