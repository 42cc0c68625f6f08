import { KafkaError } from '@k/protocol'
import type { ClusterState } from './cluster-state.ts'
import type { FakeTopicPartition } from './topic-control.ts'
import type { TransactionState } from './transaction/transaction.ts'

/** How a transactional id stands, as {@link FakeCluster.transactions} shows it. */
export interface FakeTransaction {
  /** The id. */
  readonly transactionalId: string
  /** Whose it is. */
  readonly producerId: bigint
  /** -1 before the first producer has it. */
  readonly producerEpoch: number
  /** `Prepare...` is a transaction whose end is decided while markers are missing. */
  readonly state: TransactionState
  /** What is in the transaction, or still waits for its marker; `__consumer_offsets` stands for committed offsets. */
  readonly partitions: readonly FakeTopicPartition[]
  /** When the latest transaction began, by the cluster's clock in ms since the epoch; undefined before the first. */
  readonly startedAt: number | undefined
  /** After how many ms it is aborted. */
  readonly timeoutMs: number
}

/** What a test does to transactions, behind the methods of `FakeCluster`, which say what each of them is for. */
export class TransactionControl {
  readonly #state: ClusterState

  constructor(state: ClusterState) {
    this.#state = state
  }

  all(): FakeTransaction[] {
    return this.#state.transactions.all().map(({ transactionalId, producerId, producerEpoch, state, partitions, startedAt, timeoutMs }) => {
      const began = startedAt < 0 ? undefined : startedAt
      return { transactionalId, producerId, producerEpoch, state, partitions: partitions.list(), startedAt: began, timeoutMs }
    })
  }

  /** @throws KafkaError INVALID_ARGUMENT where the broker is down */
  moveCoordinator(transactionalId: string, brokerId: number): void {
    if (!this.#state.brokers.get(brokerId)?.isAlive) {
      throw new KafkaError('INVALID_ARGUMENT', `broker ${brokerId} cannot coordinate ${transactionalId}: it is down`)
    }
    this.#state.moveTransactionCoordinator(transactionalId, brokerId)
  }

  /** @throws KafkaError INVALID_ARGUMENT where there is no open transaction */
  expire(transactionalId: string): void {
    if (!this.#state.transactions.expire(transactionalId)) {
      throw new KafkaError('INVALID_ARGUMENT', `${transactionalId} has no transaction open that could expire`)
    }
    this.#state.changed()
  }
}
