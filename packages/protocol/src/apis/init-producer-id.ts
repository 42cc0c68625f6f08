import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { string } from '../schema/blobs.ts'
import { boolean, int16, int32, int64 } from '../schema/scalars.ts'

/** Gives a producer its id and epoch: for idempotence, or for a transactional id, whose older producers are fenced by it. */
export const InitProducerId = api('InitProducerId', 22, { versions: [0, 6], flexible: 2, latestStable: 5 }, () => ({
  request: {
    /** Null for idempotence alone. */
    transactionalId: string.nullable(),
    /** After how long without an end the broker aborts a transaction. */
    transactionTimeoutMs: int32,
    /** What the producer has, to be raised to a new epoch; -1: nothing yet (KIP-360). */
    producerId: int64.since(3).default(-1n),
    producerEpoch: int16.since(3).default(-1),
    /** Take part in two-phase commit: no timeout ends a transaction (KIP-939). */
    enable2Pc: boolean.since(6),
    /** Leave a prepared transaction open, to be decided later (KIP-939). */
    keepPreparedTxn: boolean.since(6),
  },
  response: {
    throttleTimeMs: int32.ignorable(),
    errorCode: int16,
    producerId: int64.default(-1n),
    producerEpoch: int16,
    /** Of a prepared transaction that was kept; -1: none. */
    ongoingTxnProducerId: int64.since(6).default(-1n),
    ongoingTxnProducerEpoch: int16.since(6).default(-1),
  },
}))

/** What is asked with {@link InitProducerId}, decoded: every field is there, in every version. */
export interface InitProducerIdRequest extends RequestOf<typeof InitProducerId> {}
/** What is answered to {@link InitProducerId}, decoded: every field is there, in every version. */
export interface InitProducerIdResponse extends ResponseOf<typeof InitProducerId> {}
