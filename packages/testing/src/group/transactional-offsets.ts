import type { CommittedOffset, CommittedOffsets } from './committed-offsets.ts'

interface StagedOffset {
  readonly offset: CommittedOffset
  /** Among all commits: it counts from when it was made, not from when it is seen. */
  readonly place: number
}

/** Offsets of one producer's open transaction, by group. */
type Staged = Map<string, StagedOffset[]>

/** A producer as the partition of offsets knows it that it has written to. */
export interface OffsetsProducer {
  readonly producerEpoch: number
  readonly isOpen: boolean
}

/** Offsets that wait for the end of the transaction that they were committed in: nobody reads them until then. */
export class TransactionalOffsets {
  readonly #committed: CommittedOffsets
  readonly #byProducer = new Map<bigint, Staged>()
  /** By partition of Kafka's topic of offsets. */
  readonly #producers = new Map<number, Map<bigint, OffsetsProducer>>()

  constructor(committed: CommittedOffsets) {
    this.#committed = committed
  }

  /** What a partition of offsets knows of a producer. */
  producer(offsetsPartition: number, producerId: bigint): OffsetsProducer | undefined {
    return this.#producers.get(offsetsPartition)?.get(producerId)
  }

  #know(offsetsPartition: number, producerId: bigint, producer: OffsetsProducer): void {
    const producers = this.#producers.get(offsetsPartition) ?? new Map<bigint, OffsetsProducer>()
    this.#producers.set(offsetsPartition, producers.set(producerId, producer))
  }

  /** A producer writes offsets into a partition of them. */
  begin(offsetsPartition: number, { producerId, producerEpoch }: { readonly producerId: bigint; readonly producerEpoch: number }): void {
    this.#know(offsetsPartition, producerId, { producerEpoch, isOpen: true })
  }

  /** Puts an offset aside, in the place of an earlier one of the same transaction. */
  stage(producerId: bigint, groupId: string, offset: CommittedOffset): void {
    const groups: Staged = this.#byProducer.get(producerId) ?? new Map()
    const others = (groups.get(groupId) ?? []).filter((staged) => !isOf(staged, offset.topic, offset.partition))
    const staged = { offset, place: this.#committed.takePlace() }
    this.#byProducer.set(producerId, groups.set(groupId, [...others, staged]))
  }

  /** Whether a transaction is open that may change this offset (KIP-447). */
  isPending(groupId: string, topic: string, partition: number): boolean {
    for (const groups of this.#byProducer.values()) {
      if (groups.get(groupId)?.some((staged) => isOf(staged, topic, partition))) return true
    }
    return false
  }

  /** Commits, or forgets, what a producer has staged in a partition of offsets, in those of the groups that `isMeant` chooses. */
  end(
    offsetsPartition: number,
    { producerId, producerEpoch, isCommit }: { readonly producerId: bigint; readonly producerEpoch: number; readonly isCommit: boolean },
    isMeant: (groupId: string) => boolean,
  ): void {
    this.#know(offsetsPartition, producerId, { producerEpoch, isOpen: false })
    const groups = this.#byProducer.get(producerId)
    if (groups === undefined) return
    for (const [groupId, staged] of groups) {
      if (!isMeant(groupId)) continue
      groups.delete(groupId)
      if (isCommit) for (const { offset, place } of staged) this.#committed.commit(groupId, offset, place)
    }
    if (groups.size === 0) this.#byProducer.delete(producerId)
  }
}

function isOf({ offset }: StagedOffset, topic: string, partition: number): boolean {
  return offset.topic === topic && offset.partition === partition
}
