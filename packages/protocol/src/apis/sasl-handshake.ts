import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { int16 } from '../schema/scalars.ts'

/**
 * Names the SASL mechanism to authenticate with. After version 1 the messages of the mechanism travel in SaslAuthenticate, after version 0
 * bare.
 */
export const SaslHandshake = api('SaslHandshake', 17, { versions: [0, 1] }, () => ({
  request: {
    mechanism: string,
  },
  response: {
    errorCode: int16,
    /** Those that the broker offers. */
    mechanisms: array(string),
  },
}))

/** What is asked with {@link SaslHandshake}, decoded: every field is there, in every version. */
export interface SaslHandshakeRequest extends RequestOf<typeof SaslHandshake> {}
/** What is answered to {@link SaslHandshake}, decoded: every field is there, in every version. */
export interface SaslHandshakeResponse extends ResponseOf<typeof SaslHandshake> {}
