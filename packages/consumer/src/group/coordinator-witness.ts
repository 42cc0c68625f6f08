import { type CallOptions, type Cluster, withDeadline } from '@k/network'
import { BrokerError, brokerErrors, FindCoordinator } from '@k/protocol'

/** How many brokers are asked, one after the other, and for how many milliseconds each. */
const WITNESSES = 2
const WITNESS_MS = 500
const FIRST_VERSION_WITH_SEVERAL = 4
const GROUP = 0

/**
 * Lets another broker confirm that broker `id` is the coordinator of a group. One that was frozen for longer than its session takes itself for the
 * coordinator when it wakes up, until it hears of what happened meanwhile: for some 10 ms to a second it names itself to who looks for the
 * coordinator, and gives out the committed offsets that it remembers. (Commits it cannot take: these need replicas, which have gone on.) Where no
 * other broker can be asked, it is believed.
 * @throws BrokerError NOT_COORDINATOR where another broker names another
 */
export async function confirmCoordinator(cluster: Cluster, groupId: string, id: number, { signal }: CallOptions): Promise<void> {
  for (const witness of witnesses(cluster, id)) {
    const named = await nameFrom(witness).catch(() => undefined)
    if (named === id) return
    if (named === undefined) continue
    const { errorCode } = brokerErrors.NOT_COORDINATOR
    throw new BrokerError(errorCode, `broker ${id} does not coordinate group ${groupId} any more: broker ${witness} names broker ${named}`)
  }

  async function nameFrom(broker: number): Promise<number | undefined> {
    const ask = (version: number) =>
      version < FIRST_VERSION_WITH_SEVERAL ? { key: groupId, keyType: GROUP } : { coordinatorKeys: [groupId], keyType: GROUP }
    // A request that is late ends its connection, and with it what others have asked there: only the waiting is short.
    const asked = cluster.request(FindCoordinator, ask, { to: { broker }, signal })
    const what = `asking broker ${broker} for the coordinator of group ${groupId}`
    const response = await withDeadline(cluster.clock, asked, WITNESS_MS, { what, signal })
    const { errorCode, nodeId, host } = response.coordinators[0] ?? response
    // An answer without a broker is no answer.
    return errorCode === 0 && host !== '' ? nodeId : undefined
  }
}

/**
 * Others than the coordinator, mostly those with a connection first. By chance, since one that is cut off from the controller may know nothing new for
 * long: it must not be asked every time.
 */
function witnesses(cluster: Cluster, coordinator: number): number[] {
  const rankOf = (broker: number) => 2 * cluster.random.next() + (cluster.versionOf(FindCoordinator, broker) === undefined ? 1 : 0)
  const ranked = cluster.brokers.flatMap(({ id }) => (id === coordinator ? [] : [{ id, rank: rankOf(id) }]))
  return ranked
    .sort((a, b) => a.rank - b.rank)
    .slice(0, WITNESSES)
    .map(({ id }) => id)
}
