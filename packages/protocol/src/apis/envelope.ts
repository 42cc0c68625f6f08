import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { bytes } from '../schema/blobs.ts'
import { int16 } from '../schema/scalars.ts'

/** A broker forwards a request of a client to the controller (KIP-590). */
export const Envelope = api('Envelope', 58, { versions: [0, 0], flexible: 0 }, () => ({
  request: {
    /** The request with its header. */
    requestData: bytes,
    /** A DefaultPrincipalData with its version in front. */
    requestPrincipal: bytes.nullable(),
    clientHostAddress: bytes,
  },
  response: {
    responseData: bytes.nullable().default(null),
    errorCode: int16,
  },
}))

/** What is asked with {@link Envelope}, decoded: every field is there, in every version. */
export interface EnvelopeRequest extends RequestOf<typeof Envelope> {}
/** What is answered to {@link Envelope}, decoded: every field is there, in every version. */
export interface EnvelopeResponse extends ResponseOf<typeof Envelope> {}
