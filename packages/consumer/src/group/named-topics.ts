import type { Cluster } from '@k/network'
import { ZERO_UUID } from '@k/protocol'
import type { TopicPartition } from '../topic-partition.ts'

/** Partitions of one topic. */
export interface NamedTopic<T> {
  readonly name: string
  readonly topicId: string
  readonly items: readonly T[]
}

/** Partitions by topic, with the ids that newer versions of a request want in place of names. */
export class NamedTopics<T extends TopicPartition> {
  readonly #byName = new Map<string, { name: string; topicId: string; items: T[] }>()

  constructor(cluster: Cluster, partitions: readonly T[]) {
    for (const item of partitions) {
      const known = this.#byName.get(item.topic)
      if (known !== undefined) known.items.push(item)
      else this.#byName.set(item.topic, { name: item.topic, topicId: cluster.topic(item.topic)?.topicId ?? ZERO_UUID, items: [item] })
    }
  }

  /** Whether the id of every topic is known. */
  get haveIds(): boolean {
    for (const { topicId } of this.#byName.values()) if (topicId === ZERO_UUID) return false
    return true
  }

  map<R>(make: (topic: NamedTopic<T>) => R): R[] {
    return Array.from(this.#byName.values(), make)
  }

  /** Which of the topics an answer means. */
  nameOf(answer: { readonly name: string; readonly topicId?: string }, byId: boolean): string | undefined {
    if (!byId) return this.#byName.has(answer.name) ? answer.name : undefined
    for (const { name, topicId } of this.#byName.values()) if (topicId === answer.topicId) return name
    return undefined
  }
}
