import type { CommittedOffset, CommittedOffsets } from './committed-offsets.ts'

/** Offsets of one producer's open transaction, by group. */
type Staged = Map<string, CommittedOffset[]>

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
    const others = (groups.get(groupId) ?? []).filter(({ topic, partition }) => topic !== offset.topic || partition !== offset.partition)
    this.#byProducer.set(producerId, groups.set(groupId, [...others, offset]))
  }

  /** Whether a transaction is open that may change this offset (KIP-447). */
  isPending(groupId: string, topic: string, partition: number): boolean {
    for (const groups of this.#byProducer.values()) {
      if (groups.get(groupId)?.some((offset) => offset.topic === topic && offset.partition === partition)) return true
    }
    return false
  }

  /** Commits, or forgets, what a producer has staged in those of the groups that `isMeant` chooses. */
  end(producerId: bigint, isCommit: boolean, isMeant: (groupId: string) => boolean): void {
    const groups = this.#byProducer.get(producerId)
    if (groups === undefined) return
    for (const [groupId, offsets] of groups) {
      if (!isMeant(groupId)) continue
      groups.delete(groupId)
      if (isCommit) for (const offset of offsets) this.#committed.commit(groupId, offset)
    }
    if (groups.size === 0) this.#byProducer.delete(producerId)
  }

  /** The groups that have something staged. */
  hasPending(groupId: string): boolean {
    for (const groups of this.#byProducer.values()) if (groups.has(groupId)) return true
    return false
  }
}
