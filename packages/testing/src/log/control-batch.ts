import { controlRecordKey, EndTxnMarker, RecordBatchBuilder, type RecordReader, readControlType, recordBatches } from '@k/protocol'
import { readBatchHeader } from './batch-header.ts'
import { ATTRIBUTES, CONTROL } from './batch-layout.ts'
import type { TransactionMarker } from './producer-states.ts'
import type { StoredBatch } from './stored-batch.ts'

/** The version of a control record's value stands before it. */
const VERSION_BYTES = 2

/** The bytes of a marker: a batch of one control record, as a leader writes it into its log. */
export function markerBatch({ producerId, producerEpoch, coordinatorEpoch, isCommit }: TransactionMarker, now: number): Buffer {
  const value = Buffer.concat([Buffer.alloc(VERSION_BYTES), EndTxnMarker.encode(0, { coordinatorEpoch })])
  const builder = new RecordBatchBuilder({ size: 128 })
  builder.append(now, controlRecordKey(isCommit ? 'COMMIT' : 'ABORT'), value)
  return builder.close({ producerId, producerEpoch, isTransactional: true, isControl: true }) as Buffer
}

/** Whether a stored batch is a broker's, and no client's data. */
export function isControlBatch({ segment, position }: StoredBatch): boolean {
  return (segment.readInt16BE(position + ATTRIBUTES) & CONTROL) !== 0
}

/** What a stored marker says. */
export function readMarker({ segment, position, sizeInBytes }: StoredBatch): TransactionMarker {
  const bytes = segment.subarray(position, position + sizeInBytes)
  const { producerId, producerEpoch } = readBatchHeader(bytes)
  const [batch] = recordBatches(bytes)
  const reader = batch!.records() as RecordReader
  reader.next()
  const { coordinatorEpoch } = EndTxnMarker.decode(0, (reader.value() as Buffer).subarray(VERSION_BYTES))
  return { producerId, producerEpoch, coordinatorEpoch, isCommit: readControlType(reader.key()) === 'COMMIT', bumpsEpoch: false }
}
