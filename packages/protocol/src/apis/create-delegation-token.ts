import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { bytes, string } from '../schema/blobs.ts'
import { int16, int32, int64 } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** Makes a token that others can authenticate with in the place of its owner (KIP-48). */
export const CreateDelegationToken = api('CreateDelegationToken', 38, { versions: [0, 3], flexible: 2 }, () => ({
  request: {
    /** Null: who asks. */
    ownerPrincipalType: string.since(3).nullable(),
    ownerPrincipalName: string.since(3).nullable(),
    /** Who else may renew it. */
    renewers: array(struct({ principalType: string, principalName: string })),
    /** -1: as the broker is configured. */
    maxLifetimeMs: int64,
  },
  response: {
    errorCode: int16,
    principalType: string,
    principalName: string,
    tokenRequesterPrincipalType: string.since(3),
    tokenRequesterPrincipalName: string.since(3),
    issueTimestampMs: int64,
    expiryTimestampMs: int64,
    maxTimestampMs: int64,
    tokenId: string,
    /** The secret. */
    hmac: bytes,
    throttleTimeMs: int32,
  },
}))

/** What is asked with {@link CreateDelegationToken}, decoded: every field is there, in every version. */
export interface CreateDelegationTokenRequest extends RequestOf<typeof CreateDelegationToken> {}
/** What is answered to {@link CreateDelegationToken}, decoded: every field is there, in every version. */
export interface CreateDelegationTokenResponse extends ResponseOf<typeof CreateDelegationToken> {}
