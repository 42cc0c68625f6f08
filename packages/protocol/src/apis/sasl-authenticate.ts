import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { bytes, string } from '../schema/blobs.ts'
import { int16, int64 } from '../schema/scalars.ts'

/** Carries one message of a SASL mechanism in each direction. */
export const SaslAuthenticate = api('SaslAuthenticate', 36, { versions: [0, 2], flexible: 2 }, () => ({
  request: {
    authBytes: bytes,
  },
  response: {
    errorCode: int16,
    errorMessage: string.nullable(),
    authBytes: bytes,
    /** After how long the client has to authenticate again; 0: never (KIP-368). */
    sessionLifetimeMs: int64.since(1).ignorable(),
  },
}))

/** What is asked with {@link SaslAuthenticate}, decoded: every field is there, in every version. */
export interface SaslAuthenticateRequest extends RequestOf<typeof SaslAuthenticate> {}
/** What is answered to {@link SaslAuthenticate}, decoded: every field is there, in every version. */
export interface SaslAuthenticateResponse extends ResponseOf<typeof SaslAuthenticate> {}
