import { array } from '../schema/array.ts'
import { message } from '../schema/message.ts'
import { int16, int32, uuid } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** The value of the control record that a new leader of the quorum writes first (KIP-595). */
export const LeaderChangeMessage = message('LeaderChangeMessage', { versions: [0, 1], flexible: 0 }, () => {
  const voter = struct({ voterId: int32, voterDirectoryId: uuid.since(1) })
  return {
    /** Of this record. */
    version: int16,
    leaderId: int32,
    voters: array(voter),
    grantingVoters: array(voter),
  }
})
