/** Partitions of one topic, as requests and answers name them. */
export interface TopicPartitions {
  readonly topicId: string
  readonly partitions: readonly number[]
}

/** Partitions by topic id, each with the epoch in which its holder got it. */
export class HeldPartitions {
  readonly #topics = new Map<string, Map<number, number>>()

  static of(topics: readonly TopicPartitions[], epoch = 0): HeldPartitions {
    const held = new HeldPartitions()
    for (const { topicId, partitions } of topics) for (const partition of partitions) held.set(topicId, partition, epoch)
    return held
  }

  set(topicId: string, partition: number, epoch: number): void {
    const partitions = this.#topics.get(topicId) ?? new Map<number, number>()
    this.#topics.set(topicId, partitions.set(partition, epoch))
  }

  has(topicId: string, partition: number): boolean {
    return this.#topics.get(topicId)?.has(partition) ?? false
  }

  epochOf(topicId: string, partition: number): number | undefined {
    return this.#topics.get(topicId)?.get(partition)
  }

  get isEmpty(): boolean {
    return this.#topics.size === 0
  }

  get count(): number {
    let count = 0
    for (const partitions of this.#topics.values()) count += partitions.size
    return count
  }

  /** Whether any of `topics` is among these. */
  hasAnyOf(topics: readonly TopicPartitions[]): boolean {
    return topics.some(({ topicId, partitions }) => partitions.some((partition) => this.has(topicId, partition)))
  }

  /** Whether all of `topics` are among these; topics without partitions as well. */
  hasAllOf(topics: readonly TopicPartitions[]): boolean {
    return topics.every(({ topicId, partitions }) => this.#topics.has(topicId) && partitions.every((each) => this.has(topicId, each)))
  }

  /** Whether both are the same partitions; epochs may differ. */
  equals(other: HeldPartitions): boolean {
    if (this.count !== other.count) return false
    for (const [topicId, partition] of this.entries()) if (!other.has(topicId, partition)) return false
    return true
  }

  *entries(): Generator<readonly [topicId: string, partition: number, epoch: number]> {
    for (const [topicId, partitions] of this.#topics) for (const [partition, epoch] of partitions) yield [topicId, partition, epoch]
  }

  /** By topic, with the partitions in order. */
  list(): { topicId: string; partitions: number[] }[] {
    return [...this.#topics].map(([topicId, partitions]) => ({ topicId, partitions: [...partitions.keys()].sort((a, b) => a - b) }))
  }
}
