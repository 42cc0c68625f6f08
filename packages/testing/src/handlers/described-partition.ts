import type { MetadataResponse } from '@k/protocol'
import type { ClusterState } from '../cluster-state.ts'
import type { Partition } from '../partition.ts'
import { errorCodeOf } from '../refusal.ts'

/** What both requests that describe topics are told of a partition. */
export function describedPartition(partition: Partition, cluster: ClusterState): MetadataResponse['topics'][number]['partitions'][number] {
  const { index, leader, leaderEpoch, replicas, isr } = partition
  return {
    errorCode: leader < 0 ? errorCodeOf('LEADER_NOT_AVAILABLE') : 0,
    partitionIndex: index,
    leaderId: leader,
    leaderEpoch,
    replicaNodes: replicas,
    isrNodes: isr,
    offlineReplicas: replicas.filter((id) => !cluster.brokers.get(id)?.isAlive),
  }
}
