/** Kafka's names of the compression types, by the number in a batch's attributes. */
export const compressionTypes = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const

/** What compresses the records of a batch. */
export type CompressionType = (typeof compressionTypes)[number]

/**
 * One compression. Either function may answer at once or with a promise: short work costs less where it is, long work belongs into Node's pool.
 */
export interface Codec {
  /** The number in a batch's attributes: 1 gzip, 2 snappy, 3 lz4, 4 zstd. */
  readonly id: 1 | 2 | 3 | 4
  /** Kafka's name of the compression type. */
  readonly name: Exclude<CompressionType, 'none'>
  /** `bytes` compressed. They do not change until the answer is there. */
  compress(bytes: Uint8Array): Uint8Array | Promise<Uint8Array>
  /**
   * `bytes` as they were before.
   * @param maxBytes - the most that may come out; the work must stop there, not be measured afterwards
   * @throws DecodeError with `DECOMPRESSED_TOO_LARGE`, or with `DECOMPRESSION_FAILED` for bytes that are not of this codec
   */
  decompress(bytes: Uint8Array, maxBytes: number): Uint8Array | Promise<Uint8Array>
}
