import type { BrokerErrorCode } from '@k/protocol'

/** Who commits offsets. */
export interface Committer {
  readonly groupId: string
  readonly memberId: string
  readonly groupInstanceId: string | null
  /** The generation of a classic group, or the epoch of a member of a consumer group; -1: none. */
  readonly generationId: number
  /** Transactions may commit for a group without naming a member. */
  readonly isTransactional: boolean
}

/** Why the offset of this partition is not to be taken; undefined where it is. */
export type PartitionCheck = (topicId: string, partition: number) => BrokerErrorCode | undefined

/** Every offset may be taken. */
export const everyPartition: PartitionCheck = () => undefined

/** Whether nothing is said of a member. */
export function isAnonymous({ memberId, groupInstanceId, generationId }: Committer): boolean {
  return generationId < 0 && memberId === '' && groupInstanceId === null
}
