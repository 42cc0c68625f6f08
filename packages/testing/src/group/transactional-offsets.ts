import type { CommittedOffset, CommittedOffsets } from './committed-offsets.ts'

interface StagedOffset {
  readonly offset: CommittedOffset
  /** Among all commits: it counts from when it was made, not from when it is seen. */
  readonly place: number
}

/** Offsets of one producer's open transaction, by group. */
type Staged = Map<string, StagedOffset[]>

/** Offsets that wait for the end of the transaction that they were committed in: nobody reads them until then. */
export class TransactionalOffsets {
  readonly #committed: CommittedOffsets
  readonly #byProducer = new Map<bigint, Staged>()

  constructor(committed: CommittedOffsets) {
    this.#committed = committed
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

  /** Commits, or forgets, what a producer has staged in those of the groups that `isMeant` chooses. */
  end(producerId: bigint, isCommit: boolean, isMeant: (groupId: string) => boolean): void {
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
