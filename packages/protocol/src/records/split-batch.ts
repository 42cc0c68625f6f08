import { KafkaError } from '../errors/kafka-error.ts'
import { RecordBatchBuilder, type RecordBatchBuilderOptions } from './record-batch-builder.ts'
import type { RecordReader } from './record-reader.ts'

/** How {@link splitBatch} divides. */
export interface SplitBatchOptions extends RecordBatchBuilderOptions {
  /** How many records the first batch gets, at least one; the second gets the others, and at least one too. Default: half of them. */
  readonly count?: number
}

/**
 * Divides a batch that a broker refuses as too large: two batches with the same records in the same order, each with offsets from 0 on. Gaps
 * between offsets stay. Producer id, epoch and sequence are those that the batches are closed with; the second begins `count` of the first later.
 *
 * A builder's own batch is what its `close()` without a codec returns; it is copied, so that the builder can be released afterwards.
 * @param records - a reader that nothing was read from yet
 * @throws KafkaError with `INVALID_ARGUMENT` where one of the two would have no record
 * @throws DecodeError for malformed records
 */
export function splitBatch(records: RecordReader, options: SplitBatchOptions = {}): [RecordBatchBuilder, RecordBatchBuilder] {
  const { remaining } = records
  const { count = remaining >> 1 } = options
  if (!Number.isInteger(count) || count < 1 || count >= remaining) {
    throw new KafkaError('INVALID_ARGUMENT', `a batch of ${remaining} records cannot be split after ${count}`)
  }
  return [take(records, count, options), take(records, remaining - count, options)]
}

function take(records: RecordReader, count: number, options: RecordBatchBuilderOptions): RecordBatchBuilder {
  const builder = new RecordBatchBuilder(options)
  let first = 0
  for (let i = 0; i < count && records.next(); i++) {
    if (i === 0) first = records.offsetDelta
    builder.appendAt(records.offsetDelta - first, records.timestampBigInt, records.key(), records.value(), records.headers())
  }
  return builder
}
