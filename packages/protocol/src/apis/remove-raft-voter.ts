import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { string } from '../schema/blobs.ts'
import { int16, int32, uuid } from '../schema/scalars.ts'

/** Takes a controller out of the quorum (KIP-853). */
export const RemoveRaftVoter = api('RemoveRaftVoter', 81, { versions: [0, 0], flexible: 0 }, () => ({
  request: {
    clusterId: string.nullable(),
    voterId: int32,
    voterDirectoryId: uuid,
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16,
    errorMessage: string.nullable().ignorable(),
  },
}))

/** What is asked with {@link RemoveRaftVoter}, decoded: every field is there, in every version. */
export interface RemoveRaftVoterRequest extends RequestOf<typeof RemoveRaftVoter> {}
/** What is answered to {@link RemoveRaftVoter}, decoded: every field is there, in every version. */
export interface RemoveRaftVoterResponse extends ResponseOf<typeof RemoveRaftVoter> {}
