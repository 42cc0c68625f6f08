import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { bytes } from '../schema/blobs.ts'
import { int16, int32, int64 } from '../schema/scalars.ts'

/** Lets a delegation token live longer. */
export const RenewDelegationToken = api('RenewDelegationToken', 39, { versions: [0, 2], flexible: 2 }, () => ({
  request: {
    hmac: bytes,
    /** -1: as the broker is configured. */
    renewPeriodMs: int64,
  },
  response: {
    errorCode: int16,
    expiryTimestampMs: int64,
    throttleTimeMs: int32,
  },
}))

/** What is asked with {@link RenewDelegationToken}, decoded: every field is there, in every version. */
export interface RenewDelegationTokenRequest extends RequestOf<typeof RenewDelegationToken> {}
/** What is answered to {@link RenewDelegationToken}, decoded: every field is there, in every version. */
export interface RenewDelegationTokenResponse extends ResponseOf<typeof RenewDelegationToken> {}
