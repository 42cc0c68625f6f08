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
  if (currentLeaderEpoch !== -1 && currentLeaderEpoch < partition.leaderEpoch) return 'FENCED_LEADER_EPOCH'
  if (currentLeaderEpoch > partition.leaderEpoch) return 'UNKNOWN_LEADER_EPOCH'
  const answers = canFollow ? partition.replicas.includes(brokerId) : partition.leader === brokerId
  return answers ? undefined : 'NOT_LEADER_OR_FOLLOWER'
}
