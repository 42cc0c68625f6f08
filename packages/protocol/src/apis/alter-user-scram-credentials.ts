import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { bytes, string } from '../schema/blobs.ts'
import { int8, int16, int32 } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** Sets or removes SCRAM credentials of users (KIP-554). */
export const AlterUserScramCredentials = api('AlterUserScramCredentials', 51, { versions: [0, 0], flexible: 0 }, () => ({
  request: {
    deletions: array(
      struct({
        name: string,
        /** 1: SCRAM-SHA-256; 2: SCRAM-SHA-512. */
        mechanism: int8,
      }),
    ),
    upsertions: array(
      struct({
        name: string,
        /** 1: SCRAM-SHA-256; 2: SCRAM-SHA-512. */
        mechanism: int8,
        iterations: int32,
        salt: bytes,
        saltedPassword: bytes,
      }),
    ),
  },
  response: {
    throttleTimeMs: int32,
    results: array(struct({ user: string, errorCode: int16, errorMessage: string.nullable() })),
  },
}))

/** What is asked with {@link AlterUserScramCredentials}, decoded: every field is there, in every version. */
export interface AlterUserScramCredentialsRequest extends RequestOf<typeof AlterUserScramCredentials> {}
/** What is answered to {@link AlterUserScramCredentials}, decoded: every field is there, in every version. */
export interface AlterUserScramCredentialsResponse extends ResponseOf<typeof AlterUserScramCredentials> {}
