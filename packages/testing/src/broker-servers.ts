import { KafkaError } from '@k/protocol'
import { BrokerServer } from './broker-server.ts'
import type { BrokerState } from './broker-state.ts'
import type { ClusterState } from './cluster-state.ts'
import { RequestRecorder } from './control/request-recorder.ts'
import type { Rules } from './control/rules.ts'
import { MemoryNetwork } from './listener/memory-network.ts'
import { randomMemberUuid } from './random-ids.ts'

/** The first ones say what went wrong; a client that sends garbage for hours must not fill the memory. */
const MAX_FAILURES = 1_000

/** The brokers of a cluster, and what they share. */
export class BrokerServers {
  readonly network: MemoryNetwork
  readonly recorder = new RequestRecorder()
  readonly failures: unknown[] = []
  readonly #servers = new Map<number, BrokerServer>()
  #connections = 0

  constructor(cluster: ClusterState, rules: Rules) {
    const { clock, latency, random, brokers, racks } = cluster.options
    this.network = new MemoryNetwork(clock, latency)
    const shared = {
      cluster,
      network: this.network,
      rules,
      recorder: this.recorder,
      nextConnectionId: () => ++this.#connections,
      onFailure: (error: unknown) => {
        if (this.failures.length < MAX_FAILURES) this.failures.push(error)
      },
    }
    // A name that ends in .invalid is nobody's: whoever tries it without the cluster's transport hears so at once, and the name says why.
    const domain = `${randomMemberUuid(random).slice(0, 8)}.use-kafka-transport.invalid`
    for (let id = 1; id <= brokers; id++) {
      const state: BrokerState = { id, rack: racks[id - 1], host: `broker-${id}.${domain}`, port: 9092, isAlive: true }
      cluster.brokers.set(id, state)
      this.#servers.set(id, new BrokerServer(state, shared))
    }
  }

  get all(): readonly BrokerServer[] {
    return [...this.#servers.values()]
  }

  /** @throws KafkaError BROKER_UNKNOWN */
  get(id: number): BrokerServer {
    const broker = this.#servers.get(id)
    if (broker !== undefined) return broker
    throw new KafkaError('BROKER_UNKNOWN', `there is no broker ${id}; there are ${[...this.#servers.keys()].join(', ')}`)
  }

  /** @param port - of the first; the others take the next ones. Default: free ones */
  async listen(port: number | undefined): Promise<void> {
    await Promise.all(this.all.map((broker, i) => broker.listen(port === undefined ? 0 : port + i)))
  }

  async close(): Promise<void> {
    this.network.close()
    await Promise.all(this.all.map((broker) => broker.close()))
  }
}
