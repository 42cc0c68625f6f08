/** A record before it has the shape that a client wants. */
export interface Sample {
  readonly key: Buffer | string
  readonly value: Buffer | string
}

/** How a producer under measurement is made: all of them idempotent, with acks of all. */
export interface BenchProducerOptions {
  readonly bootstrapServers: string
  readonly topic: string
  readonly compression?: 'gzip' | 'snappy' | 'lz4' | 'zstd' | undefined
  readonly transactionalId?: string | undefined
  /** Whether keys and values are text. */
  readonly isText: boolean
}

/** What a client under measurement must be able to do; one file a client. */
export interface BenchProducer<R = unknown> {
  recordOf(sample: Sample): R
  sendMany(records: R[]): Promise<unknown>
  sendOne(record: R): Promise<unknown>
  /** Hands in `total` records one after the other, without a promise for each; resolves when all are acknowledged. */
  pour?(records: readonly R[], total: number): Promise<void>
  /** One transaction with these records and an offset of `group`. */
  transact(records: R[], group: string, offset: number): Promise<unknown>
  close(): Promise<unknown>
}

/** Makes a producer: does no I/O that the first record would not do. */
export type MakeProducer = (options: BenchProducerOptions) => BenchProducer | Promise<BenchProducer>
