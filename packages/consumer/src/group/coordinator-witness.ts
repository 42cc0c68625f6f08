import { type CallOptions, type Cluster, withDeadline } from '@k/network'
import { BrokerError, brokerErrors, FindCoordinator } from '@k/protocol'

/** How many brokers are asked, one after the other, and for how many milliseconds each. */
const WITNESSES = 2
const WITNESS_MS = 500
/** Milliseconds of nothing but contradiction after which brokers are not asked about each other any more: five times what a frozen one needs. */
const MOST_DISPUTE_MS = 5_000
const FIRST_VERSION_WITH_SEVERAL = 4
const GROUP = 0

/**
 * Lets another broker confirm the coordinator of a group. One that was frozen for longer than its session takes itself for the coordinator when it
 * wakes up, until it hears of what happened meanwhile: for some 10 ms to a second it names itself to who looks for the coordinator, and gives
 * out the committed offsets that it remembers. (Commits it cannot take: these need replicas, which have gone on.)
 */
export class CoordinatorWitness {
  readonly #cluster: Cluster
  readonly #groupId: string
  /** The first and the last contradiction of those that follow each other without agreement. */
  #disputedSince = 0
  #disputedAt = Number.NEGATIVE_INFINITY
  /** Of a service whose brokers each name another, as those may that only look like Kafka, nothing can be learned. */
  #isPointless = false

  constructor(cluster: Cluster, groupId: string) {
    this.#cluster = cluster
    this.#groupId = groupId
  }

  /** Where no other broker can be asked, the coordinator is believed. @throws BrokerError NOT_COORDINATOR where another broker names another */
  async confirm(coordinator: number, o: CallOptions): Promise<void> {
    if (this.#isPointless) return
    for (const witness of this.#witnesses(coordinator)) {
      const named = await this.#nameFrom(witness, o).catch(() => undefined)
      if (named === undefined) continue
      if (named !== coordinator) this.#dispute(`broker ${witness} names broker ${named}`, coordinator)
      else this.#disputedAt = Number.NEGATIVE_INFINITY
      return
    }
  }

  #dispute(why: string, coordinator: number): void {
    const now = this.#cluster.clock.monotonic()
    // What was long ago was about something else.
    if (now - this.#disputedAt > MOST_DISPUTE_MS) this.#disputedSince = now
    this.#disputedAt = now
    this.#isPointless = now - this.#disputedSince > MOST_DISPUTE_MS
    if (this.#isPointless) return
    const what = `broker ${coordinator} does not coordinate group ${this.#groupId} any more`
    throw new BrokerError(brokerErrors.NOT_COORDINATOR.errorCode, `${what}: ${why}`)
  }

  /**
   * Others than the coordinator, mostly those with a connection first. By chance, since one that is cut off from the controller may know nothing new
   * for long: it must not be asked every time.
   */
  #witnesses(coordinator: number): number[] {
    const { brokers, random } = this.#cluster
    const rankOf = (broker: number) => 2 * random.next() + (this.#cluster.versionOf(FindCoordinator, broker) === undefined ? 1 : 0)
    const ranked = brokers.flatMap(({ id }) => (id === coordinator ? [] : [{ id, rank: rankOf(id) }]))
    return ranked
      .sort((a, b) => a.rank - b.rank)
      .slice(0, WITNESSES)
      .map(({ id }) => id)
  }

  async #nameFrom(broker: number, { signal }: CallOptions): Promise<number | undefined> {
    const key = this.#groupId
    const ask = (version: number) =>
      version < FIRST_VERSION_WITH_SEVERAL ? { key, keyType: GROUP } : { coordinatorKeys: [key], keyType: GROUP }
    // A request that is late ends its connection, and with it what others have asked there: only the waiting is short.
    const asked = this.#cluster.request(FindCoordinator, ask, { to: { broker }, signal })
    const what = `asking broker ${broker} for the coordinator of group ${key}`
    const response = await withDeadline(this.#cluster.clock, asked, WITNESS_MS, { what, signal })
    const { errorCode, nodeId, host } = response.coordinators[0] ?? response
    // An answer without a broker is no answer.
    return errorCode === 0 && host !== '' ? nodeId : undefined
  }
}
