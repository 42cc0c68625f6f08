import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { message } from '../schema/message.ts'
import { int16, int32, uint16, uuid } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** The value of the control record that says who votes in the quorum (KIP-853). */
export const VotersRecord = message('VotersRecord', { versions: [0, 0], flexible: 0 }, () => ({
  /** Of this record. */
  version: int16,
  voters: array(
    struct({
      voterId: int32,
      voterDirectoryId: uuid,
      endpoints: array(struct({ name: string, host: string, port: uint16 })),
      kRaftVersionFeature: struct({ minSupportedVersion: int16, maxSupportedVersion: int16 }),
    }),
  ),
}))
