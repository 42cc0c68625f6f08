import { DecodeError } from '@k/protocol'

/** Kafka's `socket.request.max.bytes`. */
const MAX_REQUEST_BYTES = 100 * 1024 * 1024

/** Cuts a stream of bytes into frames: 4 bytes of size, then as many bytes as it says. A frame that lies in one chunk is a view of it. */
export class FrameAssembler {
  #pieces: Buffer[] = []
  #length = 0

  /**
   * Takes the next bytes and hands every frame that is whole to `take`, without its size.
   * @throws DecodeError INVALID_FRAME for a size that Kafka never takes
   */
  push(bytes: Buffer, take: (frame: Buffer) => void): void {
    this.#pieces.push(bytes)
    this.#length += bytes.length
    if (this.#length < 4) return
    let size = this.#peekSize()
    if (this.#length < 4 + size) return
    // Copied once, and only what began in an earlier chunk.
    const whole = this.#pieces.length === 1 ? (this.#pieces[0] as Buffer) : Buffer.concat(this.#pieces)
    let at = 0
    while (whole.length - at >= 4) {
      size = checkedSize(whole.readInt32BE(at))
      if (whole.length - at < 4 + size) break
      take(whole.subarray(at + 4, at + 4 + size))
      at += 4 + size
    }
    this.#length = whole.length - at
    this.#pieces = this.#length === 0 ? [] : [whole.subarray(at)]
  }

  #peekSize(): number {
    const first = this.#pieces[0] as Buffer
    if (first.length >= 4) return checkedSize(first.readInt32BE(0))
    const joined = Buffer.concat(this.#pieces)
    this.#pieces = [joined]
    return checkedSize(joined.readInt32BE(0))
  }
}

function checkedSize(size: number): number {
  if (size >= 0 && size <= MAX_REQUEST_BYTES) return size
  throw new DecodeError(`a request of ${size} bytes (0 to ${MAX_REQUEST_BYTES} are taken)`, { code: 'INVALID_FRAME' })
}
