import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { boolean, int16, int32, int64 } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** Takes partitions into a transaction before they are written to; since version 4 also asked by brokers, for several transactions. */
export const AddPartitionsToTxn = api('AddPartitionsToTxn', 24, { versions: [0, 5], flexible: 3 }, () => {
  const topic = struct({ name: string, partitions: array(int32) })
  const topicResult = struct({
    name: string,
    resultsByPartition: array(struct({ partitionIndex: int32, partitionErrorCode: int16 })),
  })
  return {
    request: {
      /** Since version 4; before, the fields below. */
      transactions: array(
        struct({
          transactionalId: string,
          producerId: int64,
          producerEpoch: int16,
          /** Only ask whether the partitions are in the transaction (KIP-890). */
          verifyOnly: boolean.default(false),
          topics: array(topic),
        }),
      ).since(4),
      v3AndBelowTransactionalId: string.until(3),
      v3AndBelowProducerId: int64.until(3),
      v3AndBelowProducerEpoch: int16.until(3),
      v3AndBelowTopics: array(topic).until(3),
    },
    response: {
      throttleTimeMs: int32,
      errorCode: int16.since(4).ignorable(),
      resultsByTransaction: array(
        struct({
          transactionalId: string,
          topicResults: array(topicResult),
        }),
      ).since(4),
      resultsByTopicV3AndBelow: array(topicResult).until(3),
    },
  }
})

/** What is asked with {@link AddPartitionsToTxn}, decoded: every field is there, in every version. */
export interface AddPartitionsToTxnRequest extends RequestOf<typeof AddPartitionsToTxn> {}
/** What is answered to {@link AddPartitionsToTxn}, decoded: every field is there, in every version. */
export interface AddPartitionsToTxnResponse extends ResponseOf<typeof AddPartitionsToTxn> {}
