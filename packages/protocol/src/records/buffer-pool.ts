// Sixteen times as large is the largest that is kept.
const DOUBLINGS = 4

/**
 * Buffers that are used again and again: the first use of a fresh one costs more than filling it. They are of one size, or of what it becomes by
 * doubling, as a buffer grows. Others are made for the occasion and not kept.
 */
export class BufferPool {
  /** Size of the buffers that are kept, in bytes. */
  readonly bufferSize: number
  /** The most buffers that are kept while nobody uses them. Larger ones count for as many as they are as large as. */
  readonly maxBuffers: number
  /** By their size. */
  readonly #free = new Map<number, Buffer[]>()
  #freeBytes = 0

  /**
   * @param bufferSize - bytes of one buffer; a producer's `batchSize`. Default: 16 KB
   * @param maxBuffers - default: 64
   */
  constructor(bufferSize: number = 16 * 1024, maxBuffers = 64) {
    this.bufferSize = bufferSize
    this.maxBuffers = maxBuffers
    for (let i = 0; i <= DOUBLINGS; i++) this.#free.set(bufferSize * 2 ** i, [])
  }

  /** A buffer of at least `size` bytes that hold anything. */
  take(size: number): Buffer {
    const length = Math.max(size, this.bufferSize)
    const buffer = this.#free.get(length)?.pop()
    if (buffer === undefined) return Buffer.allocUnsafeSlow(length)
    this.#freeBytes -= length
    return buffer
  }

  /** Takes a buffer back. Nobody may read or write it from here on. */
  give(buffer: Buffer): void {
    const { length } = buffer
    if (this.#freeBytes + length > this.maxBuffers * this.bufferSize) return
    const free = this.#free.get(length)
    if (free === undefined) return
    free.push(buffer)
    this.#freeBytes += length
  }
}
