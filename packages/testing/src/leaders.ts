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
export function leaveIsr(partition: Partition, brokerId: number, brokers: ReadonlyMap<number, BrokerState>): void {
  if (!partition.replicas.includes(brokerId)) return
  const rest = partition.isr.filter((id) => id !== brokerId)
  const isLeader = partition.leader === brokerId
  // The last in sync stays there: only it has everything.
  if (rest.length > 0) partition.isr = rest
  if (isLeader) partition.lead(partition.replicas.find((id) => rest.includes(id) && brokers.get(id)?.isAlive) ?? -1)
}

/** A broker is back: it is in sync at once, since replicas share their log, and leads what nobody leads. */
export function enterIsr(partition: Partition, brokerId: number): void {
  if (!partition.replicas.includes(brokerId)) return
  if (partition.leader < 0 && !partition.isr.includes(brokerId)) return
  if (!partition.isr.includes(brokerId)) partition.isr = [...partition.isr, brokerId]
  if (partition.leader < 0) partition.lead(brokerId)
}
