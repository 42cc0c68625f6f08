import { type CallOptions, type Cluster, openCluster } from '@k/network'
import { type CreatedTopic, createTopics, type NewTopic } from './create-topics.ts'
import { type DeletedTopic, deleteTopics } from './delete-topics.ts'
import { type ClusterDescription, describeCluster } from './describe-cluster.ts'
import { describeTopics, listTopics, type TopicDescription, type TopicListing } from './describe-topics.ts'
import type { AdminOptions } from './options.ts'
import type { SettleOptions } from './settle-items.ts'

/** What every call takes besides its arguments. */
export interface AdminCallOptions extends CallOptions {
  /** Milliseconds until the call gives up. Default: `defaultApiTimeoutMs`. */
  readonly timeoutMs?: number
}

/**
 * Administers a cluster. Connects with the first call. Calls on several items resolve with one result per item, in order, or reject with an
 * `ItemsError` that holds the outcome of each. Kafka's manual for Java's `Admin` is the manual of this class.
 */
export class Admin {
  readonly #cluster: Cluster
  readonly #owned: boolean

  /** @throws ConfigError for a wrong option; does no I/O */
  constructor(options: AdminOptions = {}) {
    const { cluster, owned } = openCluster(options)
    this.#cluster = cluster
    this.#owned = owned
  }

  /** Connects now, to fail early; every call does it by itself. */
  connect(options?: CallOptions): Promise<void> {
    return this.#cluster.connect(options)
  }

  /** Creates topics. With `validateOnly` they are only checked (KIP-4). */
  createTopics(topics: readonly NewTopic[], options: AdminCallOptions & { readonly validateOnly?: boolean } = {}): Promise<CreatedTopic[]> {
    return this.#call('createTopics', options, (settle) =>
      createTopics(this.#cluster, topics, { ...settle, validateOnly: options.validateOnly ?? false }),
    )
  }

  /** Deletes topics. The brokers drop the data a little later. */
  deleteTopics(topics: readonly string[], options: AdminCallOptions = {}): Promise<DeletedTopic[]> {
    return this.#call('deleteTopics', options, (settle) => deleteTopics(this.#cluster, topics, settle))
  }

  /** Every topic that this user may see; those that Kafka keeps for itself only with `listInternal`. */
  listTopics(options: AdminCallOptions & { readonly listInternal?: boolean } = {}): Promise<TopicListing[]> {
    return this.#call('listTopics', options, (settle) =>
      listTopics(this.#cluster, { ...settle, listInternal: options.listInternal ?? false }),
    )
  }

  /** Partitions, leaders and replicas of topics. */
  describeTopics(topics: readonly string[], options: AdminCallOptions = {}): Promise<TopicDescription[]> {
    return this.#call('describeTopics', options, (settle) => describeTopics(this.#cluster, topics, settle))
  }

  /** The cluster's id, its controller and its live brokers. */
  describeCluster(options: AdminCallOptions = {}): Promise<ClusterDescription> {
    return this.#call('describeCluster', options, (settle) => describeCluster(this.#cluster, settle))
  }

  /** Ends the connections, unless the cluster was handed in. Calls under way reject with ClosedError. A second call does nothing. */
  async close(): Promise<void> {
    if (this.#owned) await this.#cluster.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  // An argument that is wrong rejects like everything else that can go wrong with a call.
  async #call<T>(what: string, { timeoutMs, signal }: AdminCallOptions, run: (settle: SettleOptions) => Promise<T>): Promise<T> {
    return run({ what, timeoutMs: timeoutMs ?? this.#cluster.options.defaultApiTimeoutMs, signal })
  }
}
