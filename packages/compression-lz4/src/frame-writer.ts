import { writeCompressed } from '@k/protocol'
import type { BlockEngine } from './block-engine.ts'
import { BLOCK_64_KB, END_MARK, INDEPENDENT, MAGIC, MAGIC_SIZE, STORED, VERSION } from './frame-format.ts'
import { xxh32 } from './xxh32.ts'

const BLOCK_SIZE = 65536
const SIZE_FIELD = 4

// Every frame of ours begins like this, and like Java's: Kafka refuses linked blocks.
const header = (() => {
  const bytes = Buffer.alloc(7)
  bytes.writeUInt32LE(MAGIC)
  bytes[4] = VERSION | INDEPENDENT
  bytes[5] = BLOCK_64_KB << 4
  bytes[6] = xxh32(bytes.subarray(MAGIC_SIZE, 6)) >>> 8
  return bytes
})()

/** One frame of independent blocks of 64 KB, with neither checksums nor a content size, as Kafka's own clients write it. */
export function writeFrame(bytes: Uint8Array, engine: BlockEngine): Buffer {
  const blocks = Math.ceil(bytes.length / BLOCK_SIZE)
  // A block that does not become smaller is stored as it is.
  return writeCompressed(header.length + bytes.length + (blocks + 1) * SIZE_FIELD, (frame) => {
    frame.set(header)
    let to = header.length
    for (let at = 0; at < bytes.length; at += BLOCK_SIZE) {
      const block = bytes.subarray(at, at + BLOCK_SIZE)
      const compressed = engine.compress(block)
      const isSmaller = compressed.length < block.length
      const written = isSmaller ? compressed : block
      to = frame.writeUInt32LE(isSmaller ? written.length : (written.length | STORED) >>> 0, to)
      frame.set(written, to)
      to += written.length
    }
    return frame.writeUInt32LE(END_MARK, to)
  })
}
