import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { boolean, int16, int32, int64, uint16, uuid } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** A broker enters the cluster (KIP-631). */
export const BrokerRegistration = api('BrokerRegistration', 62, { versions: [0, 4], flexible: 0 }, () => ({
  request: {
    brokerId: int32,
    clusterId: string,
    /** Made anew with each start. */
    incarnationId: uuid,
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
    rack: string.nullable(),
    isMigratingZkBroker: boolean.since(1),
    logDirs: array(uuid).since(2).ignorable(),
    /** Of a clean shutdown; -1: none. */
    previousBrokerEpoch: int64.since(3).default(-1n).ignorable(),
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16,
    brokerEpoch: int64.default(-1n),
  },
}))

/** What is asked with {@link BrokerRegistration}, decoded: every field is there, in every version. */
export interface BrokerRegistrationRequest extends RequestOf<typeof BrokerRegistration> {}
/** What is answered to {@link BrokerRegistration}, decoded: every field is there, in every version. */
export interface BrokerRegistrationResponse extends ResponseOf<typeof BrokerRegistration> {}
