import { message } from '../schema/message.ts'
import { int16 } from '../schema/scalars.ts'

/** The value of the control record that sets the version of KRaft (KIP-853). */
export const KRaftVersionRecord = message('KRaftVersionRecord', { versions: [0, 0], flexible: 0 }, () => ({
  /** Of this record. */
  version: int16,
  kRaftVersion: int16,
}))
