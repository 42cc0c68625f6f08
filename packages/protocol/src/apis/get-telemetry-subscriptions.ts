import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { boolean, int8, int16, int32, uuid } from '../schema/scalars.ts'

/** Which metrics the broker wants of this client (KIP-714). */
export const GetTelemetrySubscriptions = api('GetTelemetrySubscriptions', 71, { versions: [0, 0], flexible: 0 }, () => ({
  request: {
    /** The zero uuid asks for one. */
    clientInstanceId: uuid,
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16,
    clientInstanceId: uuid,
    subscriptionId: int32,
    /** By the numbers of record batches, the best first. */
    acceptedCompressionTypes: array(int8),
    pushIntervalMs: int32,
    telemetryMaxBytes: int32,
    /** Whether counters are to be sent as differences. */
    deltaTemporality: boolean,
    /** Prefixes of names. Empty: none; one empty prefix: all. */
    requestedMetrics: array(string),
  },
}))

/** What is asked with {@link GetTelemetrySubscriptions}, decoded: every field is there, in every version. */
export interface GetTelemetrySubscriptionsRequest extends RequestOf<typeof GetTelemetrySubscriptions> {}
/** What is answered to {@link GetTelemetrySubscriptions}, decoded: every field is there, in every version. */
export interface GetTelemetrySubscriptionsResponse extends ResponseOf<typeof GetTelemetrySubscriptions> {}
