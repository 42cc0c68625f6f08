import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { int16, int32, int64 } from '../schema/scalars.ts'

/** A broker takes a block of producer ids from the controller. */
export const AllocateProducerIds = api('AllocateProducerIds', 67, { versions: [0, 0], flexible: 0 }, () => ({
  request: {
    brokerId: int32,
    brokerEpoch: int64.default(-1n),
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16,
    producerIdStart: int64,
    producerIdLen: int32,
  },
}))

/** What is asked with {@link AllocateProducerIds}, decoded: every field is there, in every version. */
export interface AllocateProducerIdsRequest extends RequestOf<typeof AllocateProducerIds> {}
/** What is answered to {@link AllocateProducerIds}, decoded: every field is there, in every version. */
export interface AllocateProducerIdsResponse extends ResponseOf<typeof AllocateProducerIds> {}
