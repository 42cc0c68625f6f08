import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { boolean, int16, int32, int64, uuid } from '../schema/scalars.ts'

/** A broker tells the controller that it lives, and asks to be put in or out of service (KIP-631). */
export const BrokerHeartbeat = api('BrokerHeartbeat', 63, { versions: [0, 2], flexible: 0 }, () => ({
  request: {
    brokerId: int32,
    brokerEpoch: int64.default(-1n),
    currentMetadataOffset: int64,
    /** Whether it is to be out of service. */
    wantFence: boolean,
    wantShutDown: boolean,
    offlineLogDirs: array(uuid).since(1).tagged(0),
    /** Those that take no new replicas. */
    cordonedLogDirs: array(uuid).since(2).nullable().tagged(1).default(null),
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16,
    isCaughtUp: boolean.default(false),
    isFenced: boolean.default(true),
    shouldShutDown: boolean,
  },
}))

/** What is asked with {@link BrokerHeartbeat}, decoded: every field is there, in every version. */
export interface BrokerHeartbeatRequest extends RequestOf<typeof BrokerHeartbeat> {}
/** What is answered to {@link BrokerHeartbeat}, decoded: every field is there, in every version. */
export interface BrokerHeartbeatResponse extends ResponseOf<typeof BrokerHeartbeat> {}
