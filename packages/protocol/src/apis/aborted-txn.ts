import { message } from '../schema/message.ts'
import { int64 } from '../schema/scalars.ts'

/** An entry of a segment's index of aborted transactions, as brokers keep it on disk. */
export const AbortedTxn = message('AbortedTxn', { versions: [0, 0] }, () => ({
  producerId: int64,
  firstOffset: int64,
  lastOffset: int64,
  lastStableOffset: int64,
}))
