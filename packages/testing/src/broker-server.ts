import { KafkaError } from '@k/protocol'
import { BrokerConnection } from './broker-connection.ts'
import type { BrokerState } from './broker-state.ts'
import type { ClusterState } from './cluster-state.ts'
import type { RequestRecorder } from './control/request-recorder.ts'
import type { Rules } from './control/rules.ts'
import type { FakeBroker, MetadataLag } from './fake-broker.ts'
import { wholeMetadata } from './handlers/stale-metadata.ts'
import type { Accept, Listener } from './listener/channel.ts'
import type { MemoryNetwork } from './listener/memory-network.ts'
import { listenTcp } from './listener/tcp-listener.ts'

/** What a broker is part of. */
export interface BrokerServerOptions {
  readonly cluster: ClusterState
  readonly network: MemoryNetwork
  readonly rules: Rules
  readonly recorder: RequestRecorder
  /** A number for the next connection. */
  nextConnectionId(): number
  onFailure(error: unknown): void
}

/** A broker with its doors and connections. */
export class BrokerServer implements FakeBroker {
  readonly #state: BrokerState
  readonly #options: BrokerServerOptions
  readonly #connections = new Set<BrokerConnection>()
  #listeners: Listener[] = []
  #reviving: Promise<void> | undefined
  #isShut = false
  #isFrozen = false

  constructor(state: BrokerState, options: BrokerServerOptions) {
    this.#state = state
    this.#options = options
  }

  get id(): number {
    return this.#state.id
  }

  get host(): string {
    return this.#state.host
  }

  get port(): number {
    return this.#state.port
  }

  get isAlive(): boolean {
    return this.#state.isAlive
  }

  get connectionCount(): number {
    return this.#connections.size
  }

  disconnect(): void {
    for (const connection of [...this.#connections]) connection.destroy()
  }

  async kill(): Promise<void> {
    if (!this.#state.isAlive) return
    const closed = this.#close()
    this.#options.cluster.brokerDown(this.#state)
    await closed
  }

  revive(): Promise<void> {
    if (this.#state.isAlive) return Promise.resolve()
    this.#reviving ??= this.#revive().finally(() => {
      this.#reviving = undefined
    })
    return this.#reviving
  }

  async #revive(): Promise<void> {
    if (this.#isShut) throw new KafkaError('INVALID_ARGUMENT', 'the cluster was closed: start another one')
    await this.listen(this.#state.port)
    if (!this.#isShut) this.#options.cluster.brokerUp(this.#state)
  }

  async moveTo(port = 0): Promise<void> {
    const { id, isAlive } = this.#state
    if (this.#isShut) throw new KafkaError('INVALID_ARGUMENT', 'the cluster was closed: start another one')
    if (!(Number.isInteger(port) && port >= 0 && port <= 65535)) {
      throw new KafkaError('INVALID_ARGUMENT', `broker ${id} can move to a port from 1 to 65535, or 0 for a free one, not ${port}`)
    }
    if (!isAlive) throw new KafkaError('INVALID_ARGUMENT', `broker ${id} is down: revive it before it moves`)
    const { cluster } = this.#options
    await this.#close()
    if (!cluster.options.tcp) this.#state.port = port === 0 ? this.#state.port + 1 : port
    await this.listen(port)
    cluster.changed()
  }

  freeze(): void {
    this.#isFrozen = true
    for (const connection of this.#connections) connection.freeze()
  }

  thaw(): void {
    this.#isFrozen = false
    for (const connection of [...this.#connections]) connection.thaw()
  }

  lagMetadata(): MetadataLag {
    const { cluster } = this.#options
    const stale = wholeMetadata(cluster, this.#state)
    this.#state.staleMetadata = stale
    return {
      release: () => {
        if (this.#state.staleMetadata !== stale) return
        this.#state.staleMetadata = undefined
        cluster.changed()
      },
    }
  }

  /** Opens the doors, on a free port where it is 0. */
  async listen(port: number): Promise<void> {
    const { cluster, network } = this.#options
    const { tcp, tls } = cluster.options
    const accept: Accept = (channel) => {
      const { cluster, rules, recorder, onFailure, nextConnectionId } = this.#options
      const onClosed = (connection: BrokerConnection) => {
        this.#connections.delete(connection)
        cluster.changed()
      }
      const broker = this.#state
      const connection = new BrokerConnection(channel, { id: nextConnectionId(), cluster, broker, rules, recorder, onFailure, onClosed })
      this.#connections.add(connection)
      if (this.#isFrozen) connection.freeze()
      cluster.changed()
      return connection
    }
    if (tcp) {
      const listener = await listenTcp(port, accept, tls)
      this.#listeners = [listener]
      this.#state.host = listener.host
      this.#state.port = listener.port
    }
    this.#listeners.push(network.listen(this.#state.host, this.#state.port, accept))
    // The cluster may have closed while the port was being opened.
    if (this.#isShut) await this.#close()
  }

  async #close(): Promise<void> {
    const closing = this.#listeners.map((listener) => listener.close())
    this.#listeners = []
    this.disconnect()
    await Promise.all(closing)
  }

  /** Shuts the doors for good, and ends what came through them. */
  close(): Promise<void> {
    this.#isShut = true
    return this.#close()
  }
}
