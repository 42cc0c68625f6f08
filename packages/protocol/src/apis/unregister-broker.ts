import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { string } from '../schema/blobs.ts'
import { int16, int32 } from '../schema/scalars.ts'

/** Takes a broker that will not come back out of the cluster. */
export const UnregisterBroker = api('UnregisterBroker', 64, { versions: [0, 0], flexible: 0 }, () => ({
  request: {
    brokerId: int32,
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16,
    errorMessage: string.nullable(),
  },
}))

/** What is asked with {@link UnregisterBroker}, decoded: every field is there, in every version. */
export interface UnregisterBrokerRequest extends RequestOf<typeof UnregisterBroker> {}
/** What is answered to {@link UnregisterBroker}, decoded: every field is there, in every version. */
export interface UnregisterBrokerResponse extends ResponseOf<typeof UnregisterBroker> {}
