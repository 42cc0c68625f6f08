import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { int16, int32, uint16, uuid } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** A voter tells the quorum its listeners and supported versions (KIP-853). */
export const UpdateRaftVoter = api('UpdateRaftVoter', 82, { versions: [0, 0], flexible: 0 }, () => ({
  request: {
    clusterId: string.nullable(),
    currentLeaderEpoch: int32,
    voterId: int32,
    voterDirectoryId: uuid,
    listeners: array(struct({ name: string, host: string, port: uint16 })),
    kRaftVersionFeature: struct({ minSupportedVersion: int16, maxSupportedVersion: int16 }),
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16,
    currentLeader: struct({
      leaderId: int32.default(-1),
      leaderEpoch: int32.default(-1),
      host: string,
      port: int32,
    }).tagged(0),
  },
}))

/** What is asked with {@link UpdateRaftVoter}, decoded: every field is there, in every version. */
export interface UpdateRaftVoterRequest extends RequestOf<typeof UpdateRaftVoter> {}
/** What is answered to {@link UpdateRaftVoter}, decoded: every field is there, in every version. */
export interface UpdateRaftVoterResponse extends ResponseOf<typeof UpdateRaftVoter> {}
