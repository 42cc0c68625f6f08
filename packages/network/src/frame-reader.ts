const SIZE_BYTES = 4
const SCRATCH_BYTES = 65_536

/** Says why the bytes are no frames of Kafka and, where it can be told, what the other side speaks. */
export type OnFrameFault = (code: 'INVALID_FRAME' | 'NOT_A_BROKER', why: string) => void

/**
 * Cuts a stream of bytes into Kafka's frames: 4 bytes of size, then as many bytes. It says where the next bytes are to be put: small frames
 * arrive together in a scratch and are copied out of it, and of a frame that is not complete the rest goes straight into a buffer of its
 * exact size. Nothing is ever concatenated.
 */
export class FrameReader {
  readonly #onFrame: (frame: Buffer) => void
  readonly #onFault: OnFrameFault
  /** The largest frame that is accepted. */
  maxBytes: number
  #scratch: Buffer | undefined
  /** Bytes of the scratch that hold the beginning of a size. */
  #kept = 0
  /** The frame that is being filled, and how far it is. */
  #frame: Buffer | undefined
  #filled = 0
  #stopped = false

  /**
   * @param onFrame - is given each whole frame, without its size; the bytes are its own
   * @param onFault - is called where the bytes are no frames, and is to stop the reader
   */
  constructor(onFrame: (frame: Buffer) => void, onFault: OnFrameFault, maxBytes: number) {
    this.#onFrame = onFrame
    this.#onFault = onFault
    this.maxBytes = maxBytes
  }

  /** No more frames are wanted, for good. */
  stop(): void {
    this.#stopped = true
  }

  /** Where the next bytes are to be put. */
  buffer(): Buffer {
    if (this.#frame !== undefined) return this.#frame.subarray(this.#filled)
    this.#scratch ??= Buffer.allocUnsafeSlow(SCRATCH_BYTES)
    return this.#kept === 0 ? this.#scratch : this.#scratch.subarray(this.#kept)
  }

  /** The first `length` bytes of what {@link buffer} returned last have been filled. */
  received(length: number): void {
    if (this.#stopped) return
    if (this.#frame === undefined) {
      this.#cut(this.#kept + length)
      return
    }
    this.#filled += length
    if (this.#filled < this.#frame.length) return
    const frame = this.#frame
    this.#frame = undefined
    this.#onFrame(frame)
  }

  /** Takes what is complete out of the first `end` bytes of the scratch. */
  #cut(end: number): void {
    const scratch = this.#scratch as Buffer
    let at = 0
    while (end - at >= SIZE_BYTES) {
      const size = scratch.readInt32BE(at)
      if (size < SIZE_BYTES || size > this.maxBytes) {
        this.#refuse(size, scratch.toString('latin1', at, at + SIZE_BYTES))
        return
      }
      const start = at + SIZE_BYTES
      const frame = Buffer.allocUnsafe(size)
      at = start + size
      if (at > end) {
        this.#filled = scratch.copy(frame, 0, start, end)
        this.#frame = frame
        this.#kept = 0
        return
      }
      scratch.copy(frame, 0, start, at)
      this.#onFrame(frame)
      if (this.#stopped) return
    }
    this.#kept = end - at
    scratch.copyWithin(0, at, end)
  }

  /** What a frame size that Kafka never sends tells about the other side. `head` are the same bytes as text. */
  #refuse(size: number, head: string): void {
    // The record types of TLS that a server may begin with: alert and handshake, then the major version.
    if ([0x1503, 0x1603].includes(size >> 16)) this.#onFault('NOT_A_BROKER', 'the other side speaks TLS: set the option tls')
    else if (['HTTP', 'SSH-'].includes(head)) this.#onFault('NOT_A_BROKER', `the other side speaks ${head}, not Kafka`)
    else this.#onFault('INVALID_FRAME', `a frame of ${size} bytes, not 4 to ${this.maxBytes} (maxResponseBytes): is this a Kafka broker?`)
  }
}
