import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { boolean, int8, int16, int32, int64 } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** A transaction coordinator ends transactions in the logs of other brokers; an admin client uses it to abort one that hangs (KIP-664). */
export const WriteTxnMarkers = api('WriteTxnMarkers', 27, { versions: [0, 2], flexible: 1 }, () => ({
  request: {
    markers: array(
      struct({
        producerId: int64,
        producerEpoch: int16,
        /** True commits, false aborts. */
        transactionResult: boolean,
        topics: array(struct({ name: string, partitionIndexes: array(int32) })),
        coordinatorEpoch: int32,
        /** How the broker checks the epoch (KIP-890). */
        transactionVersion: int8.since(2).ignorable(),
      }),
    ),
  },
  response: {
    markers: array(
      struct({
        producerId: int64,
        topics: array(
          struct({
            name: string,
            partitions: array(struct({ partitionIndex: int32, errorCode: int16 })),
          }),
        ),
      }),
    ),
  },
}))

/** What is asked with {@link WriteTxnMarkers}, decoded: every field is there, in every version. */
export interface WriteTxnMarkersRequest extends RequestOf<typeof WriteTxnMarkers> {}
/** What is answered to {@link WriteTxnMarkers}, decoded: every field is there, in every version. */
export interface WriteTxnMarkersResponse extends ResponseOf<typeof WriteTxnMarkers> {}
