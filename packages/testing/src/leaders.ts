import type { BrokerState } from './broker-state.ts'
import type { Partition } from './partition.ts'

/** Where the replicas of a topic go: each partition begins one broker further, and so does each topic. The first replica leads. */
export function placeReplicas(brokerIds: readonly number[], numPartitions: number, replicationFactor: number, start: number): number[][] {
  const at = (i: number) => brokerIds[i % brokerIds.length] as number
  return Array.from({ length: numPartitions }, (_, partition) => {
    return Array.from({ length: replicationFactor }, (__, replica) => at(start + partition + replica))
  })
}

/** A broker has gone: it falls out of sync, and what it led goes to the next replica in sync that is up, or to nobody. */
export function leaveIsr(partition: Partition, brokerId: number, brokers: ReadonlyMap<number, BrokerState>, mayBeUnclean: boolean): void {
  const { replicas, isr, leader } = partition
  if (!replicas.includes(brokerId)) return
  const rest = isr.filter((id) => id !== brokerId)
  partition.lagReplica(brokerId)
  // The last in sync stays there: only it has everything.
  if (rest.length > 0) partition.isr = rest
  if (leader === brokerId) elect(partition, brokers, mayBeUnclean)
}

/** A broker is back: it gets what it has missed and is in sync at once, where there is a leader or can be one again. */
export function enterIsr(partition: Partition, brokerId: number, brokers: ReadonlyMap<number, BrokerState>, mayBeUnclean: boolean): void {
  if (!partition.replicas.includes(brokerId)) return
  if (partition.leader < 0) {
    elect(partition, brokers, mayBeUnclean)
    if (partition.leader < 0) return
    for (const id of partition.replicas) if (id !== brokerId && brokers.get(id)?.isAlive) enter(partition, id)
  }
  enter(partition, brokerId)
}

function enter(partition: Partition, brokerId: number): void {
  partition.catchUpReplica(brokerId)
  if (!partition.isr.includes(brokerId)) partition.isr = [...partition.isr, brokerId]
}

/** The first replica in sync that is up leads; where there is none, any that is up, if it may lead without being in sync. */
function elect(partition: Partition, brokers: ReadonlyMap<number, BrokerState>, mayBeUnclean: boolean): void {
  const alive = partition.replicas.filter((id) => brokers.get(id)?.isAlive)
  const inSync = alive.find((id) => partition.isr.includes(id))
  const leader = inSync ?? (mayBeUnclean ? alive[0] : undefined) ?? -1
  if (leader >= 0 && inSync === undefined) partition.isr = [leader]
  partition.lead(leader)
}
