import { writeCompressed } from '@k/protocol'
import type { BlockEngine } from './block-engine.ts'
import { blockHeader, compressBound } from './block-format.ts'
import { malformed, tooLarge } from './decompression-error.ts'

// What snappy-java puts around blocks, as Kafka's clients have since the beginning: a header, then each block with its size.
const BLOCK_SIZE = 32768
const SIZE_FIELD = 4
const MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00])
const VERSION = 1
const HEADER_SIZE = MAGIC.length + 8

const header = Buffer.alloc(HEADER_SIZE)
header.set(MAGIC)
header.writeInt32BE(VERSION, MAGIC.length)
// The oldest version that can read it.
header.writeInt32BE(VERSION, MAGIC.length + 4)

/** Writes blocks of 32 KB, as Java does. */
export function writeXerial(bytes: Uint8Array, engine: BlockEngine): Buffer {
  const blocks = Math.ceil(bytes.length / BLOCK_SIZE)
  const last = bytes.length - (blocks - 1) * BLOCK_SIZE
  const bound = blocks === 0 ? 0 : (blocks - 1) * compressBound(BLOCK_SIZE) + compressBound(last)
  return writeCompressed(HEADER_SIZE + blocks * SIZE_FIELD + bound, (stream) => {
    stream.set(header)
    let to = HEADER_SIZE
    for (let at = 0; at < bytes.length; at += BLOCK_SIZE) {
      const block = engine.compress(bytes.subarray(at, at + BLOCK_SIZE))
      to = stream.writeInt32BE(block.length, to)
      stream.set(block, to)
      to += block.length
    }
    return to
  })
}

interface Block {
  readonly bytes: Uint8Array
  /** Where its elements begin. */
  readonly elements: number
  /** Bytes that it becomes. */
  readonly length: number
}

/**
 * Reads snappy with what xerial puts around it, and without.
 * @param maxBytes - the most that may come out; every block says beforehand how much it becomes
 * @throws DecodeError with `DECOMPRESSED_TOO_LARGE` or `DECOMPRESSION_FAILED`
 */
export function readSnappy(bytes: Uint8Array, maxBytes: number, engine: BlockEngine): Buffer {
  const blocks = blocksOf(bytes)
  const length = blocks.reduce((sum, block) => sum + block.length, 0)
  if (length > maxBytes) throw tooLarge(maxBytes)
  const output = Buffer.allocUnsafe(length)
  let at = 0
  for (const block of blocks) {
    const target = output.subarray(at, at + block.length)
    if (!engine.decompress(block.bytes, block.elements, target)) throw malformed('a block is damaged')
    at += block.length
  }
  return output
}

function blocksOf(bytes: Uint8Array): Block[] {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  if (!isHeader(view, 0)) return [blockOf(view)]
  const blocks: Block[] = []
  for (let at = 0; at < view.length; ) {
    // Streams may follow each other.
    if (isHeader(view, at)) {
      at = afterHeader(view, at)
      continue
    }
    if (view.length - at < SIZE_FIELD) throw malformed('it is cut off')
    const size = view.readUInt32BE(at)
    at += SIZE_FIELD
    if (size > view.length - at) throw malformed('it is cut off')
    blocks.push(blockOf(view.subarray(at, at + size)))
    at += size
  }
  return blocks
}

function blockOf(bytes: Uint8Array): Block {
  return { bytes, ...blockHeader(bytes) }
}

const isHeader = (view: Buffer, at: number) =>
  view.length - at >= MAGIC.length && view.compare(MAGIC, 0, MAGIC.length, at, at + MAGIC.length) === 0

function afterHeader(view: Buffer, at: number): number {
  if (view.length - at < HEADER_SIZE) throw malformed('it is cut off')
  const oldestReader = view.readInt32BE(at + MAGIC.length + 4)
  if (oldestReader > VERSION) throw malformed(`it needs a reader of version ${oldestReader}`)
  return at + HEADER_SIZE
}
