import { message } from '../schema/message.ts'
import { int16, int64 } from '../schema/scalars.ts'

/** The value of the control record that begins a snapshot (KIP-630). */
export const SnapshotHeaderRecord = message('SnapshotHeaderRecord', { versions: [0, 0], flexible: 0 }, () => ({
  /** Of this record. */
  version: int16,
  /** In milliseconds. */
  lastContainedLogTimestamp: int64,
}))
