import {
  type CallOptions,
  type Cluster,
  checkNames,
  clientOptionNames,
  clusterOptionNames,
  openCluster,
  type ResolvedClientOptions,
} from '@k/network'
import { AdminCall, type AdminCallOptions } from './admin-call.ts'
import { type CreatedTopic, createTopics, type NewTopic } from './create-topics.ts'
import { type DeletedTopic, deleteTopics } from './delete-topics.ts'
import { type ClusterDescription, describeCluster } from './describe-cluster.ts'
import { describeTopics, listTopics, type TopicDescription, type TopicListing } from './describe-topics.ts'
import type { AdminOptions } from './options.ts'

/**
 * Administers a cluster. Connects with the first call. Calls on several items resolve with one result per item, in order, or reject with an
 * `ItemsError` that holds the outcome of each. Kafka's manual for Java's `Admin` is the manual of this class.
 */
export class Admin {
  readonly #cluster: Cluster
  readonly #owned: boolean
  readonly #options: ResolvedClientOptions

  /** @throws ConfigError for a wrong option; does no I/O */
  constructor(options: AdminOptions = {}) {
    checkNames(options, [...clusterOptionNames, ...clientOptionNames, 'cluster'], 'Admin')
    const opened = openCluster(options, { clientId: '@k/admin' })
    this.#cluster = opened.cluster
    this.#owned = opened.owned
    this.#options = opened.options
  }

  /** Connects now, to fail early; every call does it by itself. */
  connect(options?: CallOptions): Promise<void> {
    return this.#cluster.connect(options)
  }

  /** Creates topics. With `validateOnly` they are only checked (KIP-4). */
  createTopics(topics: readonly NewTopic[], options: AdminCallOptions & { readonly validateOnly?: boolean } = {}): Promise<CreatedTopic[]> {
    return this.#call('createTopics', options, (call) => createTopics(call, topics, options.validateOnly ?? false))
  }

  /** Deletes topics. The brokers drop the data a little later. */
  deleteTopics(topics: readonly string[], options: AdminCallOptions = {}): Promise<DeletedTopic[]> {
    return this.#call('deleteTopics', options, (call) => deleteTopics(call, topics))
  }

  /** Every topic that this user may see; those that Kafka keeps for itself only with `listInternal`. */
  listTopics(options: AdminCallOptions & { readonly listInternal?: boolean } = {}): Promise<TopicListing[]> {
    return this.#call('listTopics', options, (call) => listTopics(call, options.listInternal ?? false))
  }

  /** Partitions, leaders and replicas of topics. */
  describeTopics(topics: readonly string[], options: AdminCallOptions = {}): Promise<TopicDescription[]> {
    return this.#call('describeTopics', options, (call) => describeTopics(call, topics))
  }

  /** The cluster's id, its controller and its live brokers. */
  describeCluster(options: AdminCallOptions = {}): Promise<ClusterDescription> {
    return this.#call('describeCluster', options, describeCluster)
  }

  /** Ends the connections, unless the cluster was handed in. Calls under way reject with ClosedError. A second call does nothing. */
  async close(): Promise<void> {
    if (this.#owned) await this.#cluster.close()
  }

  /** {@link close}, at the end of an `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  // Async, so that a wrong argument rejects like everything else that can go wrong with a call.
  async #call<T>(what: string, options: AdminCallOptions, run: (call: AdminCall) => Promise<T>): Promise<T> {
    return run(new AdminCall(what, this.#cluster, this.#options, options))
  }
}
