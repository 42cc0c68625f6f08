/** An offset that a group has committed. */
export interface CommittedOffset {
  readonly topic: string
  readonly partition: number
  /** The offset of the next record to read. */
  readonly offset: bigint
  /** Of the record before; -1 where the client did not say. */
  readonly leaderEpoch: number
  readonly metadata: string
}

/** The offsets that groups have committed, by group, topic and partition. */
export class CommittedOffsets {
  readonly #groups = new Map<string, Map<string, Map<number, CommittedOffset>>>()
  readonly #places = new WeakMap<CommittedOffset, number>()
  #nextPlace = 0

  /** A place in the order of all commits, for one that counts later. */
  takePlace(): number {
    return this.#nextPlace++
  }

  /** @param place - where the commit stands among all: one that came later stays. Default: here and now */
  commit(groupId: string, offset: CommittedOffset, place: number = this.takePlace()): void {
    const known = this.get(groupId, offset.topic, offset.partition)
    if (known !== undefined && (this.#places.get(known) as number) > place) return
    this.#places.set(offset, place)
    const topics = this.#groups.get(groupId) ?? new Map<string, Map<number, CommittedOffset>>()
    const partitions = topics.get(offset.topic) ?? new Map<number, CommittedOffset>()
    this.#groups.set(groupId, topics.set(offset.topic, partitions.set(offset.partition, offset)))
  }

  get(groupId: string, topic: string, partition: number): CommittedOffset | undefined {
    return this.#groups.get(groupId)?.get(topic)?.get(partition)
  }

  /** All of a group, by topic and partition in the order of their first commits. */
  all(groupId: string): CommittedOffset[] {
    const topics = this.#groups.get(groupId)?.values() ?? []
    return [...topics].flatMap((partitions) => [...partitions.values()])
  }

  /** Forgets one, if there is one. */
  forget(groupId: string, topic: string, partition: number): void {
    this.#groups.get(groupId)?.get(topic)?.delete(partition)
  }

  forgetGroup(groupId: string): void {
    this.#groups.delete(groupId)
  }

  /** Offsets of a topic that is gone mean nothing, not even when it comes back. */
  forgetTopic(topic: string): void {
    for (const topics of this.#groups.values()) topics.delete(topic)
  }
}
