// States and members of consumer groups (KIP-848): epochs, what everybody has and what everybody is to have. Classic groups are not told of here.
import { type BrokerErrorCode, ConsumerGroupDescribe, type ConsumerGroupDescribeResponse } from '@k/protocol'
import { ConsumerGroup } from '../consumer-group/consumer-group.ts'
import type { ConsumerGroupMember } from '../consumer-group/consumer-group-member.ts'
import type { HeldPartitions } from '../consumer-group/held-partitions.ts'
import { errorCodeOf } from '../refusal.ts'
import { GROUP_OPERATIONS, NOT_ASKED_FOR } from './authorized-operations.ts'
import { hasConsumerGroups } from './consumer-group-heartbeat.ts'
import { isCoordinator } from './coordinator-check.ts'
import { handler, type RequestContext } from './handler.ts'

type GroupAnswer = ConsumerGroupDescribeResponse['groups'][number]
type MemberAnswer = GroupAnswer['members'][number]

/** Of a member that speaks the protocol of consumer groups. */
const MEMBER_TYPE = 1

export const handleConsumerGroupDescribe = handler({
  api: ConsumerGroupDescribe,
  versions: [0, 1],
  handle({ groupIds, includeAuthorizedOperations }, context) {
    const authorizedOperations = includeAuthorizedOperations ? GROUP_OPERATIONS : NOT_ASKED_FOR
    return { throttleTimeMs: 0, groups: groupIds.map((groupId) => withOperations(found(groupId, context), authorizedOperations)) }
  },
  refuse: ({ groupIds }, code) => ({ throttleTimeMs: 0, groups: groupIds.map((groupId) => refused(groupId, code, null)) }),
})

/** Of a group that cannot be told of, operations cannot be told either. */
function withOperations(group: GroupAnswer, authorizedOperations: number): GroupAnswer {
  return group.errorCode === 0 ? { ...group, authorizedOperations } : group
}

function found(groupId: string, context: RequestContext): GroupAnswer {
  if (!hasConsumerGroups(context)) return refused(groupId, 'UNSUPPORTED_VERSION', null)
  if (groupId === '') return refused(groupId, 'INVALID_GROUP_ID', null)
  if (!isCoordinator(groupId, context)) return refused(groupId, 'NOT_COORDINATOR', null)
  const group = context.cluster.groups.group(groupId)
  if (group === undefined) return refused(groupId, 'GROUP_ID_NOT_FOUND', `Group ${groupId} not found.`)
  if (!(group instanceof ConsumerGroup)) return refused(groupId, 'GROUP_ID_NOT_FOUND', `Group ${groupId} is not a consumer group.`)
  return {
    ...refused(groupId, 'NONE', null),
    groupState: group.state,
    groupEpoch: group.groupEpoch,
    assignmentEpoch: group.assignmentEpoch,
    assignorName: group.assignorName,
    members: [...group.members.values()].map((member) => described(group, member, context)),
  }
}

function described(group: ConsumerGroup, member: ConsumerGroupMember, context: RequestContext): MemberAnswer {
  const { memberId, instanceId, rackId, memberEpoch, clientId, clientHost, subscribedTopicNames, subscribedTopicRegex } = member
  return {
    ...{ memberId, instanceId, rackId, memberEpoch, clientId, clientHost, subscribedTopicRegex },
    subscribedTopicNames: [...subscribedTopicNames].sort(),
    assignment: named(member.held, context),
    targetAssignment: named(group.targetOf(memberId), context),
    memberType: MEMBER_TYPE,
  }
}

/** Topics that are gone have no name to tell of. */
function named(held: HeldPartitions, { cluster }: RequestContext): MemberAnswer['assignment'] {
  const topicPartitions = held.list().flatMap(({ topicId, partitions }) => {
    const topicName = cluster.topicById(topicId)?.name
    return topicName === undefined ? [] : [{ topicId, topicName, partitions }]
  })
  return { topicPartitions }
}

function refused(groupId: string, code: BrokerErrorCode | 'NONE', errorMessage: string | null): GroupAnswer {
  const nothing = { groupState: '', groupEpoch: 0, assignmentEpoch: 0, assignorName: '', members: [], authorizedOperations: NOT_ASKED_FOR }
  return { errorCode: code === 'NONE' ? 0 : errorCodeOf(code), errorMessage, groupId, ...nothing }
}
