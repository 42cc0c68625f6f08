import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { bytes } from '../schema/blobs.ts'
import { int16, int32, int64 } from '../schema/scalars.ts'

/** Changes when a delegation token ends, or ends it at once. */
export const ExpireDelegationToken = api('ExpireDelegationToken', 40, { versions: [0, 2], flexible: 2 }, () => ({
  request: {
    hmac: bytes,
    /** Negative: at once. */
    expiryTimePeriodMs: int64,
  },
  response: {
    errorCode: int16,
    expiryTimestampMs: int64,
    throttleTimeMs: int32,
  },
}))

/** What is asked with {@link ExpireDelegationToken}, decoded: every field is there, in every version. */
export interface ExpireDelegationTokenRequest extends RequestOf<typeof ExpireDelegationToken> {}
/** What is answered to {@link ExpireDelegationToken}, decoded: every field is there, in every version. */
export interface ExpireDelegationTokenResponse extends ResponseOf<typeof ExpireDelegationToken> {}
