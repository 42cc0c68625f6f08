import type { ConsumerGroupHeartbeatRequest } from '@k/protocol'
import { Refusal } from '../refusal.ts'
import { type ConsumerGroupMember, JOIN_EPOCH, LEAVE_EPOCH, STATIC_LEAVE_EPOCH } from './consumer-group-member.ts'
import { serverAssignors } from './server-assignors.ts'

/** @throws Refusal where no group could take the request */
export function checkHeartbeat(request: ConsumerGroupHeartbeatRequest, apiVersion: number): void {
  const { memberId, memberEpoch, serverAssignor } = request
  // In version 0 the coordinator makes an id for those who join without one.
  if ((apiVersion >= 1 || memberEpoch > JOIN_EPOCH || memberEpoch === LEAVE_EPOCH) && memberId.trim() === '') throw empty('MemberId')
  if (request.groupId.trim() === '') throw empty('GroupId')
  if (request.instanceId?.trim() === '') throw empty('InstanceId')
  if (request.rackId?.trim() === '') throw empty('RackId')
  if (memberEpoch === JOIN_EPOCH) checkJoin(request)
  if (memberEpoch === STATIC_LEAVE_EPOCH && request.instanceId === null) throw invalid("InstanceId can't be null.")
  if (memberEpoch < STATIC_LEAVE_EPOCH) throw invalid('MemberEpoch is invalid.')
  if (serverAssignor === null || serverAssignors.has(serverAssignor)) return
  const known = [...serverAssignors.keys()].join(', ')
  throw new Refusal('UNSUPPORTED_ASSIGNOR', `ServerAssignor ${serverAssignor} is not supported. Supported assignors: ${known}.`)
}

function checkJoin(request: ConsumerGroupHeartbeatRequest): void {
  if (request.rebalanceTimeoutMs === -1) throw invalid('RebalanceTimeoutMs must be provided in first request.')
  if (request.topicPartitions?.length !== 0) throw invalid('TopicPartitions must be empty when (re-)joining.')
  if (request.subscribedTopicNames === null && request.subscribedTopicRegex === null) {
    throw invalid('Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when (re-)joining.')
  }
}

function invalid(message: string): Refusal {
  return new Refusal('INVALID_REQUEST', message)
}

function empty(field: string): Refusal {
  return invalid(`${field} can't be empty.`)
}

/**
 * Who says the epoch before may have missed the answer with the new one; then it holds nothing that it has lost meanwhile.
 * @throws Refusal FENCED_MEMBER_EPOCH
 */
export function checkMemberEpoch(member: ConsumerGroupMember, { memberEpoch, topicPartitions }: ConsumerGroupHeartbeatRequest): void {
  if (memberEpoch === JOIN_EPOCH || memberEpoch === member.memberEpoch) return
  const isGreater = memberEpoch > member.memberEpoch
  const hasMissedOne = memberEpoch === member.previousMemberEpoch && topicPartitions !== null && member.assigned.hasAllOf(topicPartitions)
  if (!isGreater && hasMissedOne) return
  throw new Refusal(
    'FENCED_MEMBER_EPOCH',
    `The consumer group member has a ${isGreater ? 'greater' : 'smaller'} member epoch (${memberEpoch}) than the one known by the group coordinator (${member.memberEpoch}). The member must abandon all its partitions and rejoin.`,
  )
}
