import type { ClusterState } from '../cluster-state.ts'
import type { Partition } from '../partition.ts'

const RACK_AWARE = 'org.apache.kafka.common.replica.RackAwareReplicaSelector'

/**
 * The replica in the client's rack from which it is to read instead of the leader (KIP-392): one that is in sync and has the offset, of several
 * the one that has most. Undefined where the brokers have no selector, or the leader itself is as near as any.
 */
export function preferredReplica(cluster: ClusterState, partition: Partition, rackId: string, fetchOffset: number): number | undefined {
  if (rackId === '' || cluster.brokerConfigs.value('replica.selector.class') !== RACK_AWARE) return undefined
  const { leader, isr, log } = partition
  const near = isr.filter((id) => {
    const broker = cluster.brokers.get(id)
    return broker?.isAlive && broker.rack === rackId && partition.endOffsetOn(id) >= fetchOffset && log.startOffset <= fetchOffset
  })
  if (near.length === 0 || near.includes(leader)) return undefined
  return near.toSorted((a, b) => partition.endOffsetOn(b) - partition.endOffsetOn(a))[0]
}
