import { controlRecordKey, EndTxnMarker, RecordBatchBuilder } from '@k/protocol'
import type { TransactionMarker } from './producer-states.ts'

/** The bytes of a marker: a batch of one control record, as a leader writes it into its log. */
export function markerBatch({ producerId, producerEpoch, coordinatorEpoch, isCommit }: TransactionMarker, now: number): Buffer {
  const version = Buffer.alloc(2)
  const value = Buffer.concat([version, EndTxnMarker.encode(0, { coordinatorEpoch })])
  const builder = new RecordBatchBuilder({ size: 128 })
  builder.append(now, controlRecordKey(isCommit ? 'COMMIT' : 'ABORT'), value)
  return builder.close({ producerId, producerEpoch, isTransactional: true, isControl: true }) as Buffer
}
