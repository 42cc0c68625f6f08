import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { boolean, int16, int32, uint16, uuid } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** Takes a controller into the quorum (KIP-853). */
export const AddRaftVoter = api('AddRaftVoter', 80, { versions: [0, 1], flexible: 0 }, () => ({
  request: {
    clusterId: string.nullable(),
    timeoutMs: int32,
    voterId: int32,
    voterDirectoryId: uuid,
    listeners: array(struct({ name: string, host: string, port: uint16 })),
    /** Answer when the quorum has committed it, not already when the leader has written it. */
    ackWhenCommitted: boolean.since(1).default(true),
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16,
    errorMessage: string.nullable().ignorable(),
  },
}))

/** What is asked with {@link AddRaftVoter}, decoded: every field is there, in every version. */
export interface AddRaftVoterRequest extends RequestOf<typeof AddRaftVoter> {}
/** What is answered to {@link AddRaftVoter}, decoded: every field is there, in every version. */
export interface AddRaftVoterResponse extends ResponseOf<typeof AddRaftVoter> {}
