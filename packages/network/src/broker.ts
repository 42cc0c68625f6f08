import type { AnyApi, KafkaError } from '@k/protocol'
import type { ApiVersionsTable } from './api-versions-table.ts'
import { delayOf } from './backoff.ts'
import { formatHostPort, type HostPort } from './bootstrap-servers.ts'
import { Connection, type ConnectionRequestOptions } from './connection.ts'
import { ConnectionError } from './errors/connection-error.ts'
import type { ResolvedOptions } from './options.ts'
import type { AnswerOf, RequestBody } from './pending-request.ts'
import type { BrokerMetadata } from './topic-metadata.ts'

/**
 * What a connection is for: long polls, group traffic and produce each have their own, so that nobody waits behind another. Clients that share a
 * cluster add a name of their own, as one's JoinGroup would hold up another's heartbeats.
 */
export type Lane = 'default' | 'produce' | 'fetch' | 'group' | `fetch:${string}` | `group:${string}`

/** What a request to one broker takes. */
export interface BrokerRequestOptions extends ConnectionRequestOptions {
  /** Which of the broker's connections. Default: `default`. */
  readonly lane?: Lane | undefined
}

/** The load of a broker that would have to be connected first: more than any number of requests. */
const NOT_CONNECTED = 1_000_000

/** One broker: a connection for each lane that is used, opened when it is first needed and again, after a growing pause, when it was lost. */
export class Broker {
  /** Without an id where it is a bootstrap address. */
  address: HostPort & { readonly id?: number }
  /** What the broker said on its latest connection. */
  versions: ApiVersionsTable | undefined
  readonly #options: ResolvedOptions
  readonly #onFailure: () => void
  readonly #lanes = new Map<Lane, Connection>()
  /** In a row, since a connection was answered: they lengthen the pause before the next. */
  #failures = 0
  /** In a row, since a connection was opened: they lengthen what opening one may take. */
  #setupFailures = 0
  #dialAt = 0
  #closed: KafkaError | undefined

  /** @param onFailure - called when a connection was lost or could not be made */
  constructor(address: HostPort, options: ResolvedOptions, onFailure: () => void) {
    this.address = address
    this.#options = options
    this.#onFailure = onFailure
  }

  /** The less, the better to ask: requests under way, and more where there is no connection or the last one failed. */
  get load(): number {
    if (this.#lanes.get('default')?.isOpen) return this.pending
    return this.pending + NOT_CONNECTED * (this.#dialAt > this.#options.clock.monotonic() ? 2 : 1)
  }

  /** Requests that are waiting or whose answers are due. */
  get pending(): number {
    let pending = 0
    for (const connection of this.#lanes.values()) pending += connection.pending
    return pending
  }

  /** The broker's id has become known, or its address is another: what is not open yet dials anew. */
  update(metadata: BrokerMetadata): void {
    const address = formatHostPort(metadata)
    const hasMoved = address !== formatHostPort(this.address)
    this.address = metadata
    for (const connection of [...this.#lanes.values()]) {
      connection.identify(metadata.id)
      if (hasMoved && !connection.isOpen) connection.close(gone(connection.broker, `has moved to ${address}`))
    }
    if (!hasMoved) return
    this.#dialAt = 0
    this.#failures = 0
  }

  /** @throws KafkaError where the broker was closed */
  request<A extends AnyApi, O extends BrokerRequestOptions>(api: A, body: RequestBody<A>, options: O): Promise<AnswerOf<A, O>> {
    return this.#connection(options.lane).request(api, body, options)
  }

  /** Opens the default lane, if it is not open, and says what the broker speaks. */
  async connect(): Promise<ApiVersionsTable> {
    await this.#connection().open()
    return this.versions as ApiVersionsTable
  }

  /** Ends all connections for good. Without an error the cluster has no such broker any more. */
  async close(error?: KafkaError): Promise<void> {
    this.#closed ??= error ?? gone(formatHostPort(this.address), 'has left the cluster')
    // Of a connection that is still being opened somebody may wait.
    await Promise.all([...this.#lanes.values()].map((connection) => connection.close(connection.isOpen ? error : this.#closed)))
  }

  #connection(lane: Lane = 'default'): Connection {
    if (this.#closed !== undefined) throw this.#closed
    const open = this.#lanes.get(lane)
    if (open !== undefined) return open
    const { clock, random, socketConnectionSetupTimeoutMs, socketConnectionSetupTimeoutMaxMs } = this.#options
    const delayMs = Math.max(0, this.#dialAt - clock.monotonic())
    const setupTimeoutMs = delayOf(socketConnectionSetupTimeoutMs, socketConnectionSetupTimeoutMaxMs, this.#setupFailures, random)
    const target = { ...this.address, brokerId: this.address.id, lane, delayMs, setupTimeoutMs }
    const connection = new Connection(target, this.#options, {
      opened: ({ versions }) => {
        this.versions = versions
        this.#setupFailures = 0
      },
      closed: (ended, error, answered) => {
        if (this.#lanes.get(lane) === ended) this.#lanes.delete(lane)
        // A broker that opens but does not answer is not well.
        if (answered) this.#failures = 0
        if (error !== undefined) this.#failed()
      },
    })
    this.#lanes.set(lane, connection)
    return connection
  }

  #failed(): void {
    const { clock, random, reconnectBackoffMs, reconnectBackoffMaxMs } = this.#options
    const now = clock.monotonic()
    // Lanes that fail together are one failure.
    if (now >= this.#dialAt) {
      this.#dialAt = now + delayOf(reconnectBackoffMs, reconnectBackoffMaxMs, this.#failures, random)
      this.#failures += 1
      this.#setupFailures += 1
    }
    this.#onFailure()
  }
}

/** A broker is no longer where connections lead. */
function gone(broker: string, why: string): ConnectionError {
  return new ConnectionError('CONNECTION_CLOSED', `${broker} ${why}`, { broker, phase: 'connect' })
}
