import type { AnyApi, KafkaError } from '@k/protocol'
import type { ApiVersionsTable } from './api-versions-table.ts'
import { Backoff } from './backoff.ts'
import { formatHostPort, type HostPort } from './bootstrap-servers.ts'
import { Connection, type ConnectionRequestOptions } from './connection.ts'
import { ClosedError } from './errors/closed-error.ts'
import { ConnectionError } from './errors/connection-error.ts'
import type { ResolvedOptions } from './options.ts'
import type { AnswerOf, RequestBody } from './pending-request.ts'

/**
 * What a connection is for: long polls, group traffic and produce each have their own, so that nobody waits behind another. Clients that share a
 * cluster add a name of their own, as one's JoinGroup would hold up another's heartbeats.
 */
export type Lane = 'default' | 'produce' | 'fetch' | 'group' | `fetch:${string}` | `group:${string}`

/** The load of a broker that would have to be connected first: more than any number of requests. */
export const NOT_CONNECTED = 1_000_000

/** One broker: a connection for each lane that is used, opened when it is first needed and again, after a growing pause, when it was lost. */
export class Broker {
  /** Undefined for a bootstrap address. */
  id: number | undefined
  address: HostPort
  readonly #options: ResolvedOptions
  readonly #onFailure: (error: KafkaError) => void
  readonly #lanes = new Map<Lane, Connection>()
  readonly #pause: Backoff
  readonly #setupTimeout: Backoff
  #setupTimeoutMs: number
  #dialAt = 0
  #versions: ApiVersionsTable | undefined
  #closed: KafkaError | undefined

  /** @param onFailure - called when a connection was lost or could not be made */
  constructor(id: number | undefined, address: HostPort, options: ResolvedOptions, onFailure: (error: KafkaError) => void) {
    this.id = id
    this.address = address
    this.#options = options
    this.#onFailure = onFailure
    const { random, reconnectBackoffMs, reconnectBackoffMaxMs, socketConnectionSetupTimeoutMs, socketConnectionSetupTimeoutMaxMs } = options
    this.#pause = new Backoff({ retryBackoffMs: reconnectBackoffMs, retryBackoffMaxMs: reconnectBackoffMaxMs, random })
    this.#setupTimeout = new Backoff({
      retryBackoffMs: socketConnectionSetupTimeoutMs,
      retryBackoffMaxMs: socketConnectionSetupTimeoutMaxMs,
      random,
    })
    this.#setupTimeoutMs = this.#setupTimeout.next()
  }

  /** What the broker said on its latest connection. */
  get versions(): ApiVersionsTable | undefined {
    return this.#versions
  }

  /** The less, the better to ask: requests under way, and more where there is no connection or the last one failed. */
  get load(): number {
    const connection = this.#lanes.get('default')
    if (connection?.isOpen) return connection.pending
    return this.#dialAt > this.#options.clock.monotonic() ? 2 * NOT_CONNECTED : NOT_CONNECTED + (connection?.pending ?? 0)
  }

  /** Requests that are waiting or whose answers are due. */
  get pending(): number {
    return [...this.#lanes.values()].reduce((sum, connection) => sum + connection.pending, 0)
  }

  /** The broker's id has become known, or its address is another: what is not open yet dials anew. */
  update(id: number, address: HostPort): void {
    const hasMoved = formatHostPort(address) !== formatHostPort(this.address)
    this.id = id
    this.address = address
    for (const connection of [...this.#lanes.values()]) {
      connection.identify(id)
      if (!hasMoved || connection.isOpen) continue
      connection.close(gone(connection.broker, `has moved to ${formatHostPort(address)}`))
    }
    if (!hasMoved) return
    this.#dialAt = 0
    this.#pause.reset()
  }

  request<A extends AnyApi, O extends ConnectionRequestOptions>(
    lane: Lane,
    api: A,
    body: RequestBody<A>,
    options: O,
  ): Promise<AnswerOf<A, O>> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed)
    return this.#connection(lane).request(api, body, options)
  }

  /** Opens the default lane, if it is not open, and says what the broker speaks. */
  async connect(): Promise<ApiVersionsTable> {
    if (this.#closed !== undefined) throw this.#closed
    const connection = this.#connection('default')
    await connection.open()
    return connection.versions as ApiVersionsTable
  }

  /** Ends all connections for good. */
  async close(error: KafkaError = new ClosedError('the connection was closed')): Promise<void> {
    this.#closed ??= error
    await Promise.all([...this.#lanes.values()].map((connection) => connection.close(error)))
  }

  #connection(lane: Lane): Connection {
    const open = this.#lanes.get(lane)
    if (open !== undefined) return open
    const delayMs = Math.max(0, this.#dialAt - this.#options.clock.monotonic())
    const target = { ...this.address, brokerId: this.id, lane, delayMs, setupTimeoutMs: this.#setupTimeoutMs }
    const connection = new Connection(target, this.#options, {
      opened: ({ versions }) => {
        this.#versions = versions
        this.#setupTimeout.reset()
        this.#setupTimeoutMs = this.#setupTimeout.next()
      },
      closed: (ended, error, answered) => {
        if (this.#lanes.get(lane) === ended) this.#lanes.delete(lane)
        // A broker that opens but does not answer is not well.
        if (answered) this.#pause.reset()
        if (error !== undefined) this.#failed(error)
      },
    })
    this.#lanes.set(lane, connection)
    return connection
  }

  #failed(error: KafkaError): void {
    const now = this.#options.clock.monotonic()
    // Lanes that fail together are one failure.
    if (now >= this.#dialAt) {
      this.#dialAt = now + this.#pause.next()
      this.#setupTimeoutMs = this.#setupTimeout.next()
    }
    this.#onFailure(error)
  }
}

/** A broker is no longer where connections lead. */
export function gone(broker: string, why: string): ConnectionError {
  return new ConnectionError('CONNECTION_CLOSED', `${broker} ${why}`, { broker, phase: 'connect' })
}
