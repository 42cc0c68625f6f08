import { message } from '../schema/message.ts'
import { int16 } from '../schema/scalars.ts'

/** The value of the control record that ends a snapshot (KIP-630). */
export const SnapshotFooterRecord = message('SnapshotFooterRecord', { versions: [0, 0], flexible: 0 }, () => ({
  /** Of this record. */
  version: int16,
}))
