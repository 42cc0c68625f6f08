/** A partition that is in a transaction. */
export interface TransactionPartition {
  readonly topic: string
  readonly partition: number
}

/** The partitions of a transaction, in the order in which they came. */
export class TransactionPartitions {
  readonly #topics = new Map<string, Set<number>>()

  get size(): number {
    let size = 0
    for (const partitions of this.#topics.values()) size += partitions.size
    return size
  }

  has({ topic, partition }: TransactionPartition): boolean {
    return this.#topics.get(topic)?.has(partition) ?? false
  }

  add({ topic, partition }: TransactionPartition): void {
    this.#topics.set(topic, (this.#topics.get(topic) ?? new Set()).add(partition))
  }

  delete({ topic, partition }: TransactionPartition): void {
    const partitions = this.#topics.get(topic)
    partitions?.delete(partition)
    if (partitions?.size === 0) this.#topics.delete(topic)
  }

  clear(): void {
    this.#topics.clear()
  }

  list(): TransactionPartition[] {
    return [...this.#topics].flatMap(([topic, partitions]) => [...partitions].map((partition) => ({ topic, partition })))
  }
}
