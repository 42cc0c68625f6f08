/**
 * Buffers of one size that are used again and again: the first use of a fresh one costs more than filling it. Larger ones are made for the
 * occasion and not kept.
 */
export class BufferPool {
  /** Size of the buffers that are kept, in bytes. */
  readonly bufferSize: number
  /** The most buffers that are kept while nobody uses them. */
  readonly maxBuffers: number
  readonly #free: Buffer[] = []

  /**
   * @param bufferSize - bytes of one buffer; a producer's `batchSize`. Default: 16 KB
   * @param maxBuffers - default: 64
   */
  constructor(bufferSize: number = 16 * 1024, maxBuffers = 64) {
    this.bufferSize = bufferSize
    this.maxBuffers = maxBuffers
  }

  /** A buffer of at least `size` bytes that hold anything. */
  take(size: number): Buffer {
    if (size > this.bufferSize) return Buffer.allocUnsafeSlow(size)
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(this.bufferSize)
  }

  /** Takes a buffer back. Nobody may read or write it from here on. */
  give(buffer: Buffer): void {
    if (buffer.length === this.bufferSize && this.#free.length < this.maxBuffers) this.#free.push(buffer)
  }
}
