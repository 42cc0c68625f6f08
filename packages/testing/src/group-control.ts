import { KafkaError } from '@k/protocol'
import type { ClusterState } from './cluster-state.ts'

/** An offset that a group has committed, as {@link FakeCluster.committed} shows it. */
export interface FakeCommittedOffset {
  /** The topic's name. */
  readonly topic: string
  /** The partition's number. */
  readonly partition: number
  /** The offset of the next record to read. */
  readonly offset: number
  /** What the client had to say about it; empty where nothing. */
  readonly metadata: string
}

/** What a test does to groups, behind the methods of `FakeCluster`, which say what each of them is for. */
export class GroupControl {
  readonly #state: ClusterState

  constructor(state: ClusterState) {
    this.#state = state
  }

  /** @throws KafkaError INVALID_ARGUMENT where the broker is down */
  moveCoordinator(group: string, brokerId: number): void {
    if (!this.#state.brokers.get(brokerId)?.isAlive) {
      throw new KafkaError('INVALID_ARGUMENT', `broker ${brokerId} cannot coordinate ${group}: it is down`)
    }
    this.#state.moveCoordinator(group, brokerId)
  }

  committed(group: string): FakeCommittedOffset[] {
    const all = this.#state.groups.offsets.all(group)
    return all.map(({ topic, partition, offset, metadata }) => ({ topic, partition, offset: Number(offset), metadata }))
  }
}
