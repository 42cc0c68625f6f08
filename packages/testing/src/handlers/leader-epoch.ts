import type { BrokerErrorCode } from '@k/protocol'
import type { Partition } from '../partition.ts'

/** Why this broker cannot answer for a partition to a client that believes in `currentLeaderEpoch` (-1: in none); undefined where it can. */
export function epochProblem(partition: Partition, brokerId: number, currentLeaderEpoch: number): BrokerErrorCode | undefined {
  if (currentLeaderEpoch >= 0 && currentLeaderEpoch < partition.leaderEpoch) return 'FENCED_LEADER_EPOCH'
  if (currentLeaderEpoch > partition.leaderEpoch) return 'UNKNOWN_LEADER_EPOCH'
  return partition.leader === brokerId ? undefined : 'NOT_LEADER_OR_FOLLOWER'
}
