import type { Cluster } from '@k/network'
import type { GroupMetadata } from './group/group-metadata.ts'
import type { Membership, MembershipState, PartitionOwner } from './group/membership.ts'
import type { TopicPartition } from './topic-partition.ts'
import type { TopicRefresh } from './topic-refresh.ts'

const UNKNOWN_TOPIC_OR_PARTITION = 3

/** Membership in no group: all partitions of the topics are ours, those that are created later included. */
export class WholeTopics implements Membership {
  readonly #cluster: Cluster
  readonly #owner: PartitionOwner
  readonly #refresh: TopicRefresh
  readonly #leaving = new AbortController()
  // How many partitions of each topic are ours; of a topic that is known not to exist, none.
  readonly #counts = new Map<string, number>()
  #unwatch: (() => void) | undefined
  #state: MembershipState = 'idle'
  // Changes are made one after another: each may call a listener.
  #last: Promise<void> = Promise.resolve()

  constructor(cluster: Cluster, owner: PartitionOwner, refresh: TopicRefresh) {
    this.#cluster = cluster
    this.#owner = owner
    this.#refresh = refresh
  }

  get state(): MembershipState {
    return this.#state
  }

  get member(): GroupMetadata | undefined {
    return undefined
  }

  start(): void {
    if (this.#unwatch !== undefined || this.#leaving.signal.aborted) return
    this.#state = 'joining'
    this.#unwatch = this.#cluster.onMetadata(() => this.#look())
    for (const topic of this.#owner.topics) this.#refresh.doubt(topic)
  }

  resubscribe(): void {
    if (this.#unwatch === undefined) return
    const { topics } = this.#owner
    for (const topic of this.#counts.keys()) if (!topics.includes(topic)) this.#counts.delete(topic)
    for (const topic of topics) if (!this.#counts.has(topic)) this.#refresh.doubt(topic)
    this.#last = this.#last.then(() => this.#owner.revoked(this.#leaving.signal, topics))
  }

  /** Nobody waits for a user who is slow. */
  suspend(): void {}

  resume(): void {}

  async leave(): Promise<void> {
    this.#unwatch?.()
    this.#state = 'idle'
    await this.#last
    await this.#owner.revoked(new AbortController().signal)
    this.#leaving.abort()
  }

  #look(): void {
    for (const topic of this.#owner.topics) {
      const metadata = this.#cluster.topic(topic)
      const count = metadata?.partitions.length ?? 0
      if (count === 0) this.#refresh.doubt(topic)
      const known = this.#counts.get(topic)
      if (count === 0 && metadata?.errorCode === UNKNOWN_TOPIC_OR_PARTITION) this.#counts.set(topic, 0)
      if (count > (known ?? 0)) this.#take(topic, known, count)
    }
  }

  /** What came to be while we were reading already is read from its beginning. */
  #take(topic: string, known: number | undefined, count: number): void {
    this.#counts.set(topic, count)
    const partitions: TopicPartition[] = []
    for (let partition = known ?? 0; partition < count; partition++) partitions.push({ topic, partition })
    this.#last = this.#last.then(async () => {
      if (!this.#owner.topics.includes(topic)) return
      await this.#owner.assigned(partitions, known === undefined ? 'policy' : 'earliest')
      this.#state = 'running'
    })
  }
}
