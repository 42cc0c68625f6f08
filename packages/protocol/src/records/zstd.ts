import { DecodeError } from '../errors/decode-error.ts'
import { decompressedTooLarge, decompressionError } from './decompression-error.ts'
import { nodeZlib } from './node-zlib.ts'
import { outputLimit } from './output-limit.ts'

// Below this, the way to Node's pool and back costs more than the work.
const ASYNC_FROM = 16 * 1024
// Little input can become much: beyond this the pool begins anew.
const SYNC_OUTPUT = 256 * 1024
// Each frame costs some microseconds, also one that holds nothing; no writer makes nearly as many for one batch.
const MAX_FRAMES = 1_024

interface Frame {
  readonly buffer: Buffer
  /** Bytes of the input that were used up. */
  readonly used: number
}

interface Info {
  readonly buffer: Buffer
  readonly engine?: { readonly bytesWritten?: number }
}

/** Whether this Node has zstd: 22.15, 23.8 and newer. */
export const zstdIsSupported: boolean = process.versions.zstd !== undefined

/**
 * Decompresses zstd, all concatenated frames of it: at once where the input is small, else in Node's pool. Only where {@link zstdIsSupported}.
 * @param maxBytes - the most that may come out
 * @param o - `sync`: at once in any case
 * @throws DecodeError with `DECOMPRESSED_TOO_LARGE` or `DECOMPRESSION_FAILED`
 * @throws KafkaError with `INVALID_ARGUMENT` for a limit that is none
 */
export function unzstd(bytes: Uint8Array, maxBytes: number, o: { readonly sync?: boolean } = {}): Buffer | Promise<Buffer> {
  const most = outputLimit(maxBytes)
  if (o.sync) return unzstdAtOnce(bytes, most)
  if (bytes.length >= ASYNC_FROM) return unzstdInPool(bytes, most)
  const limit = Math.min(most, SYNC_OUTPUT)
  try {
    return unzstdAtOnce(bytes, limit)
  } catch (error) {
    if (limit === most || !DecodeError.is(error, 'DECOMPRESSED_TOO_LARGE')) throw error
    return unzstdInPool(bytes, most)
  }
}

function unzstdAtOnce(bytes: Uint8Array, maxBytes: number): Buffer {
  const output = new Output(maxBytes)
  // Node stops behind the first frame, and Kafka's writers may flush one frame after another.
  for (let at = 0; at < bytes.length || at === 0; ) {
    const frame = decompressFrame(bytes.subarray(at), output)
    at += output.add(frame)
  }
  return output.concat()
}

async function unzstdInPool(bytes: Uint8Array, maxBytes: number): Promise<Buffer> {
  const output = new Output(maxBytes)
  for (let at = 0; at < bytes.length; ) at += output.add(await decompressFrameInPool(bytes.subarray(at), output))
  return output.concat()
}

/** The frames' output so far. */
class Output {
  readonly maxBytes: number
  readonly #parts: Buffer[] = []
  #length = 0

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes
  }

  /** What Node may produce next. It takes no 0. */
  get options(): { info: true; maxOutputLength: number } {
    return { info: true, maxOutputLength: Math.max(1, this.maxBytes - this.#length) }
  }

  /** Takes what a frame held and returns how many bytes of the input it used up. */
  add(frame: Frame): number {
    this.#length += frame.buffer.length
    if (this.#length > this.maxBytes) throw decompressedTooLarge('zstd', this.maxBytes)
    this.#parts.push(frame.buffer)
    if (this.#parts.length > MAX_FRAMES) throw decompressionError('zstd', new Error(`more than ${MAX_FRAMES} frames`), this.maxBytes)
    return frame.used
  }

  concat(): Buffer {
    return this.#parts.length === 1 ? this.#parts[0]! : Buffer.concat(this.#parts, this.#length)
  }
}

// @types/node knows `info` for none of these functions. An engine that does not say how far it came is taken to have come to the end.
function frameOf(result: unknown): Frame {
  const { buffer, engine } = result as Info
  return { buffer, used: engine?.bytesWritten || Number.POSITIVE_INFINITY }
}

function decompressFrame(bytes: Uint8Array, output: Output): Frame {
  try {
    return frameOf(nodeZlib().zstdDecompressSync(bytes, output.options))
  } catch (error) {
    throw decompressionError('zstd', error, output.maxBytes)
  }
}

function decompressFrameInPool(bytes: Uint8Array, output: Output): Promise<Frame> {
  return new Promise((resolve, reject) => {
    nodeZlib().zstdDecompress(bytes, output.options, (error, result) => {
      if (error) reject(decompressionError('zstd', error, output.maxBytes))
      else resolve(frameOf(result))
    })
  })
}
