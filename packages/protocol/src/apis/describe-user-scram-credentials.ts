import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { int8, int16, int32 } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** Which SCRAM mechanisms users have credentials for (KIP-554). */
export const DescribeUserScramCredentials = api('DescribeUserScramCredentials', 50, { versions: [0, 0], flexible: 0 }, () => ({
  request: {
    /** Null or empty: all. */
    users: array(struct({ name: string })).nullable(),
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16,
    errorMessage: string.nullable(),
    results: array(
      struct({
        user: string,
        errorCode: int16,
        errorMessage: string.nullable(),
        credentialInfos: array(
          struct({
            /** 1: SCRAM-SHA-256; 2: SCRAM-SHA-512. */
            mechanism: int8,
            iterations: int32,
          }),
        ),
      }),
    ),
  },
}))

/** What is asked with {@link DescribeUserScramCredentials}, decoded: every field is there, in every version. */
export interface DescribeUserScramCredentialsRequest extends RequestOf<typeof DescribeUserScramCredentials> {}
/** What is answered to {@link DescribeUserScramCredentials}, decoded: every field is there, in every version. */
export interface DescribeUserScramCredentialsResponse extends ResponseOf<typeof DescribeUserScramCredentials> {}
