import { BrokerConnection } from './broker-connection.ts'
import type { BrokerState } from './broker-state.ts'
import type { ClusterState } from './cluster-state.ts'
import type { RequestRecorder } from './control/request-recorder.ts'
import type { Rules } from './control/rules.ts'
import type { Accept, Listener } from './listener/channel.ts'
import type { MemoryNetwork } from './listener/memory-network.ts'
import { listenTcp } from './listener/tcp-listener.ts'

/** What a broker is part of. */
export interface FakeBrokerOptions {
  readonly cluster: ClusterState
  readonly network: MemoryNetwork
  readonly rules: Rules
  readonly recorder: RequestRecorder
  /** A number for the next connection. */
  nextConnectionId(): number
  onFailure(error: unknown): void
}

/** One broker of a {@link FakeCluster}. */
export class FakeBroker {
  readonly #state: BrokerState
  readonly #options: FakeBrokerOptions
  readonly #connections = new Set<BrokerConnection>()
  #listeners: Listener[] = []

  /** Made by the cluster. */
  constructor(state: BrokerState, options: FakeBrokerOptions) {
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

  /** Whether it is up: not killed, or revived. */
  get isAlive(): boolean {
    return this.#state.isAlive
  }

  /** How many clients are connected with it. */
  get connectionCount(): number {
    return this.#connections.size
  }

  /** Ends every connection of this broker. Clients may come back at once. */
  disconnect(): void {
    for (const connection of [...this.#connections]) connection.destroy()
  }

  /**
   * Takes the broker down, as kill -9 does: its connections end, nobody can connect, and what it led and coordinated goes to others. All of that
   * has happened when this returns; the promise waits for the port to be free.
   */
  async kill(): Promise<void> {
    if (!this.#state.isAlive) return
    const closed = this.#close()
    this.#options.cluster.brokerDown(this.#state)
    await closed
  }

  /**
   * Brings a killed broker back on its old address. It is in sync at once, and leads nothing but what nobody else leads.
   * @throws what the operating system says when the port was taken meanwhile
   */
  async revive(): Promise<void> {
    if (this.#state.isAlive) return
    await this.listen(this.#state.port)
    this.#options.cluster.brokerUp(this.#state)
  }

  /** Opens the doors. Called by the cluster. */
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
  }

  async #close(): Promise<void> {
    const closing = this.#listeners.map((listener) => listener.close())
    this.#listeners = []
    this.disconnect()
    await Promise.all(closing)
  }

  /** Shuts the doors for good. Called by the cluster. */
  async close(): Promise<void> {
    await this.#close()
  }
}
