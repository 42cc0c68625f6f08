import type { CallOptions, Cluster } from '@k/network'
import { BrokerError, brokerErrors, FindCoordinator } from '@k/protocol'

/** How many brokers are asked, one after the other, and for how many milliseconds each. */
const WITNESSES = 2
const WITNESS_MS = 500
const FIRST_VERSION_WITH_SEVERAL = 4
const GROUP = 0

/**
 * Lets another broker confirm the coordinator of a group. One that was frozen for longer than its session takes itself for the coordinator when it
 * wakes up, until it hears of what happened meanwhile: for some 10 ms to a second it names itself to who looks for the coordinator, and gives
 * out the committed offsets that it remembers. (Commits it cannot take: these need replicas, which have gone on.) Where no other broker can be
 * asked, it is believed.
 * @throws BrokerError NOT_COORDINATOR where another broker names another
 */
export async function confirmCoordinator(cluster: Cluster, groupId: string, { signal }: CallOptions): Promise<void> {
  const { id } = await cluster.coordinator({ group: groupId }, { signal })
  const isConnected = (broker: number) => cluster.versionOf(FindCoordinator, broker) !== undefined
  const others = cluster.brokers.map((broker) => broker.id).filter((broker) => broker !== id)
  for (const witness of [...others.filter(isConnected), ...others.filter((broker) => !isConnected(broker))].slice(0, WITNESSES)) {
    const named = await nameFrom(witness).catch(() => undefined)
    if (named === id) return
    if (named === undefined) continue
    const { errorCode } = brokerErrors.NOT_COORDINATOR
    throw new BrokerError(errorCode, `broker ${id} does not coordinate group ${groupId} any more: broker ${witness} names broker ${named}`)
  }

  async function nameFrom(broker: number): Promise<number | undefined> {
    const ask = (version: number) =>
      version < FIRST_VERSION_WITH_SEVERAL ? { key: groupId, keyType: GROUP } : { coordinatorKeys: [groupId], keyType: GROUP }
    const response = await cluster.request(FindCoordinator, ask, { to: { broker }, timeoutMs: WITNESS_MS, signal })
    const { errorCode, nodeId } = response.coordinators[0] ?? response
    return errorCode === 0 && nodeId >= 0 ? nodeId : undefined
  }
}
