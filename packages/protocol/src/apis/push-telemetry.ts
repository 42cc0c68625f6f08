import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { bytes } from '../schema/blobs.ts'
import { boolean, int8, int16, int32, uuid } from '../schema/scalars.ts'

/** Hands metrics to the broker (KIP-714). */
export const PushTelemetry = api('PushTelemetry', 72, { versions: [0, 0], flexible: 0 }, () => ({
  request: {
    clientInstanceId: uuid,
    subscriptionId: int32,
    /** The client ends: this is its last. */
    terminating: boolean,
    compressionType: int8,
    /** OpenTelemetry's MetricsData, compressed. */
    metrics: bytes,
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16,
  },
}))

/** What is asked with {@link PushTelemetry}, decoded: every field is there, in every version. */
export interface PushTelemetryRequest extends RequestOf<typeof PushTelemetry> {}
/** What is answered to {@link PushTelemetry}, decoded: every field is there, in every version. */
export interface PushTelemetryResponse extends ResponseOf<typeof PushTelemetry> {}
