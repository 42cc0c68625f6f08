import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { bytes, string } from '../schema/blobs.ts'
import { int16, int32, int64 } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** The delegation tokens of owners. */
export const DescribeDelegationToken = api('DescribeDelegationToken', 41, { versions: [0, 3], flexible: 2 }, () => {
  const principal = struct({ principalType: string, principalName: string })
  return {
    request: {
      /** Null: of everybody. */
      owners: array(principal).nullable(),
    },
    response: {
      errorCode: int16,
      tokens: array(
        struct({
          principalType: string,
          principalName: string,
          tokenRequesterPrincipalType: string.since(3),
          tokenRequesterPrincipalName: string.since(3),
          issueTimestamp: int64,
          expiryTimestamp: int64,
          maxTimestamp: int64,
          tokenId: string,
          hmac: bytes,
          renewers: array(principal),
        }),
      ),
      throttleTimeMs: int32,
    },
  }
})

/** What is asked with {@link DescribeDelegationToken}, decoded: every field is there, in every version. */
export interface DescribeDelegationTokenRequest extends RequestOf<typeof DescribeDelegationToken> {}
/** What is answered to {@link DescribeDelegationToken}, decoded: every field is there, in every version. */
export interface DescribeDelegationTokenResponse extends ResponseOf<typeof DescribeDelegationToken> {}
