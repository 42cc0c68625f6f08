import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { boolean, int16, int32, uint16, uuid } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** A controller tells the quorum of itself (KIP-919). */
export const ControllerRegistration = api('ControllerRegistration', 70, { versions: [0, 0], flexible: 0 }, () => ({
  request: {
    controllerId: int32,
    /** Made anew with each start. */
    incarnationId: uuid,
    zkMigrationReady: boolean,
    listeners: array(
      struct({
        name: string,
        host: string,
        port: uint16,
        /** 0: PLAINTEXT; 1: SSL; 2: SASL_PLAINTEXT; 3: SASL_SSL. */
        securityProtocol: int16,
      }),
    ),
    features: array(struct({ name: string, minSupportedVersion: int16, maxSupportedVersion: int16 })),
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16,
    errorMessage: string.nullable(),
  },
}))

/** What is asked with {@link ControllerRegistration}, decoded: every field is there, in every version. */
export interface ControllerRegistrationRequest extends RequestOf<typeof ControllerRegistration> {}
/** What is answered to {@link ControllerRegistration}, decoded: every field is there, in every version. */
export interface ControllerRegistrationResponse extends ResponseOf<typeof ControllerRegistration> {}
