import type { SampleRecord } from './sample.ts'

/** How a client encodes and decodes record batches, as its own producer and consumer do; one file a client. */
export interface BatchCodec {
  readonly name: string
  /** Makes of some records what the client's users hand in, and returns what encodes them: to the bytes of one batch, checksum included. */
  encoderOf(records: readonly SampleRecord[]): () => Uint8Array | Promise<Uint8Array>
  /** Reads one batch with the value of every record, and returns the bytes of the values. */
  decode(batch: Buffer): number | Promise<number>
}
