import type { BrokerErrorCode } from '@k/protocol'
import type { Partition } from '../partition.ts'

/**
 * Why this broker cannot answer for a partition to a client that believes in `currentLeaderEpoch` (-1: in none); undefined where it can.
 * @param canFollow - whether any replica may answer, not the leader alone
 */
export function epochProblem(
  partition: Partition,
  brokerId: number,
  currentLeaderEpoch: number,
  canFollow = false,
): BrokerErrorCode | undefined {
  if (!partition.replicas.includes(brokerId)) return 'NOT_LEADER_OR_FOLLOWER'
  if (currentLeaderEpoch !== -1 && currentLeaderEpoch < partition.leaderEpoch) return 'FENCED_LEADER_EPOCH'
  if (currentLeaderEpoch > partition.leaderEpoch) return 'UNKNOWN_LEADER_EPOCH'
  return canFollow || partition.leader === brokerId ? undefined : 'NOT_LEADER_OR_FOLLOWER'
}
