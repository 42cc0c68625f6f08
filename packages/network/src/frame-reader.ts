import { type FrameFault, frameSizeFault } from './frame-fault.ts'

const SIZE_BYTES = 4
const SCRATCH_BYTES = 65_536

/** Who takes the frames of a {@link FrameReader}. */
export interface FrameSink {
  /** A whole frame, without its size. The bytes are the receiver's. False stops the reader for good. */
  frame(bytes: Buffer): boolean
  /** The bytes are no frames; the reader has stopped. */
  fault(fault: FrameFault): void
}

/**
 * Cuts a stream of bytes into Kafka's frames: 4 bytes of size, then as many bytes. It says where the next bytes are to be put: small frames
 * arrive together in a scratch and are copied out of it, and of a frame that is not complete the rest goes straight into a buffer of its
 * exact size. Nothing is ever concatenated.
 */
export class FrameReader {
  readonly #sink: FrameSink
  /** The largest frame that is accepted. */
  maxBytes: number
  #scratch: Buffer | undefined
  /** Bytes of the scratch that hold the beginning of a size. */
  #kept = 0
  /** The frame that is being filled, and how far it is. */
  #frame: Buffer | undefined
  #filled = 0
  #stopped = false

  constructor(sink: FrameSink, maxBytes: number) {
    this.#sink = sink
    this.maxBytes = maxBytes
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
    this.#deliver(frame)
  }

  /** Takes what is complete out of the first `end` bytes of the scratch. */
  #cut(end: number): void {
    const scratch = this.#scratch as Buffer
    let at = 0
    while (end - at >= SIZE_BYTES) {
      const size = scratch.readInt32BE(at)
      if (size < SIZE_BYTES || size > this.maxBytes) {
        this.#stopped = true
        this.#sink.fault(frameSizeFault(size, scratch.subarray(at, end), this.maxBytes))
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
      this.#deliver(frame)
      if (this.#stopped) return
    }
    this.#kept = end - at
    if (at > 0 && this.#kept > 0) scratch.copyWithin(0, at, end)
  }

  #deliver(frame: Buffer): void {
    if (!this.#sink.frame(frame)) this.#stopped = true
  }
}
