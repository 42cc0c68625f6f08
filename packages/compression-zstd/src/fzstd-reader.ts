import { DecodeError } from '@k/protocol'
import { Decompress } from 'fzstd'
import { malformed, tooLarge } from './decompression-error.ts'
import { type Frame, frameAt, MAGIC, MAGIC_SIZE, windowDescriptor } from './frame.ts'
import { xxh64 } from './xxh64.ts'

// Each frame costs some microseconds, also one that holds nothing; no writer makes nearly as many for one batch.
const MAX_FRAMES = 1_024

/**
 * Decompresses zstd, all concatenated frames of it, where Node cannot. fzstd does the work in the blocks; it looks neither at checksums nor at
 * content sizes and takes as much memory as a header asks for, so it gets to see headers of ours alone.
 * @param maxBytes - the most that may come out
 * @throws DecodeError with `DECOMPRESSED_TOO_LARGE` or `DECOMPRESSION_FAILED`
 */
export function readByFzstd(bytes: Uint8Array, maxBytes: number): Buffer {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const parts: Buffer[] = []
  let room = maxBytes
  let frames = 0
  for (let at = 0; at < view.length || at === 0; ) {
    if (++frames > MAX_FRAMES) throw malformed(`more than ${MAX_FRAMES} frames`)
    const frame = frameAt(view, at)
    at = frame.end
    if (frame.blocks === undefined) continue
    if (frame.contentSize !== undefined && frame.contentSize > room) throw tooLarge(maxBytes)
    const content = decompress(frame, frame.blocks, room, maxBytes)
    ensureIntact(frame, content)
    parts.push(content)
    room -= content.length
  }
  return Buffer.concat(parts)
}

function decompress({ window }: Frame, blocks: Buffer, room: number, maxBytes: number): Buffer {
  const parts: Uint8Array[] = []
  let length = 0
  const stream = new Decompress((part) => {
    length += part.length
    if (length > room) throw tooLarge(maxBytes)
    parts.push(part)
  })
  const header = Buffer.alloc(MAGIC_SIZE + 2)
  header.writeUInt32LE(MAGIC)
  header[MAGIC_SIZE + 1] = windowDescriptor(window)
  try {
    stream.push(Buffer.concat([header, blocks]), true)
  } catch (error) {
    throw DecodeError.is(error) ? error : malformed(error instanceof Error ? error.message : String(error), error)
  }
  return Buffer.concat(parts, length)
}

function ensureIntact({ contentSize, checksum }: Frame, content: Buffer): void {
  if (contentSize !== undefined && contentSize !== BigInt(content.length)) throw malformed('the content has another size')
  if (checksum !== undefined && checksum !== Number(xxh64(content) & 0xffffffffn)) throw malformed('the content does not fit its checksum')
}
