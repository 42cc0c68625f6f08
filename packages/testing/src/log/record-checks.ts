import type { BrokerErrorCode, Codecs } from '@k/protocol'
import { recordBatches } from '@k/protocol'
import { Refusal } from '../refusal.ts'
import { RECORDS } from './batch-layout.ts'

/** What is wrong with one record of a batch. */
export interface RecordError {
  readonly batchIndex: number
  readonly batchIndexErrorMessage: string
}

/** A batch that is refused for the sake of some of its records. */
export class RecordsRefusal extends Refusal {
  readonly recordErrors: readonly RecordError[]

  constructor(code: BrokerErrorCode, message: string, recordErrors: readonly RecordError[]) {
    super(code, message)
    this.recordErrors = recordErrors
  }
}

/** The timestamps that a topic takes. */
export interface TimestampRange {
  readonly min: number
  readonly max: number
}

/** @throws RecordsRefusal INVALID_TIMESTAMP: some record is out of the range, as the header has shown already */
export function refuseTimestamps(batch: Buffer, { min, max }: TimestampRange, codecs: Codecs): never {
  const errors = recordErrorsOf(batch, codecs, ({ timestamp, offsetDelta }) => {
    if (timestamp >= min && timestamp <= max) return undefined
    return `Timestamp ${timestamp} of message with offset ${offsetDelta} is out of range. The timestamp should be within [${min}, ${max}]`
  })
  throw new RecordsRefusal('INVALID_TIMESTAMP', 'One or more records have been rejected due to invalid timestamp', errors)
}

/** @throws RecordsRefusal INVALID_RECORD where a record has no key, by which a compacted topic keeps it */
export function checkKeys(batch: Buffer, codecs: Codecs, { topic, index }: { readonly topic: string; readonly index: number }): void {
  const message = `Compacted topic cannot accept message without key in topic partition ${topic}-${index}`
  const errors = recordErrorsOf(batch, codecs, ({ keyLength }) => (keyLength < 0 ? message : undefined))
  if (errors.length === 0) return
  const first = errors.slice(0, 3).map((error) => `RecordError(batchIndex=${error.batchIndex}, message='${error.batchIndexErrorMessage}')`)
  const all = `One or more records have been rejected due to ${errors.length} record errors in total`
  throw new RecordsRefusal('INVALID_RECORD', `${all}, and only showing the first three errors at most: [${first.join(', ')}]`, errors)
}

/**
 * Walks along the lengths of records that are not compressed.
 * @throws Refusal INVALID_RECORD where there are more or fewer of them than the header says
 */
export function checkLengths(batch: Buffer, count: number): void {
  const wrong = () => new Refusal('INVALID_RECORD', `the batch does not hold the ${count} records that its header tells of`)
  let position = RECORDS
  for (let i = 0; i < count; i++) {
    let zigzag = 0
    for (let shift = 0; ; shift += 7) {
      const byte = batch[position++]
      if (byte === undefined || shift > 28) throw wrong()
      zigzag |= (byte & 0x7f) << shift
      if (byte < 0x80) break
    }
    const length = (zigzag >>> 1) ^ -(zigzag & 1)
    if (length < 0) throw wrong()
    position += length
  }
  if (position !== batch.length) throw wrong()
}

interface RecordHead {
  readonly timestamp: number
  readonly offsetDelta: number
  readonly keyLength: number
}

/** Batches whose codec takes its time are not looked into. */
function recordErrorsOf(batch: Buffer, codecs: Codecs, check: (record: RecordHead) => string | undefined): RecordError[] {
  const reader = recordBatches(batch).take()?.records(codecs)
  if (reader === undefined || reader instanceof Promise) return []
  const errors: RecordError[] = []
  while (reader.next()) {
    const problem = check(reader)
    if (problem !== undefined) errors.push({ batchIndex: reader.offsetDelta, batchIndexErrorMessage: problem })
  }
  return errors
}
