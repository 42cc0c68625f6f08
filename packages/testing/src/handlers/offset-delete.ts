// Forgets offsets that a group has committed, of topics to which none of its members is subscribed.
import { type BrokerErrorCode, OffsetDelete, type OffsetDeleteRequest } from '@k/protocol'
import { ConsumerGroup } from '../consumer-group/consumer-group.ts'
import type { Group } from '../group/groups.ts'
import { errorCodeOf } from '../refusal.ts'
import { isCoordinator } from './coordinator-check.ts'
import { handler, type RequestContext } from './handler.ts'

export const handleOffsetDelete = handler({
  api: OffsetDelete,
  versions: [0, 0],
  handle(request, context) {
    const { groupId } = request
    if (groupId === '') return refused('INVALID_GROUP_ID')
    if (!isCoordinator(groupId, context)) return refused('NOT_COORDINATOR')
    const group = context.cluster.groups.group(groupId)
    if (group === undefined) return refused('GROUP_ID_NOT_FOUND')
    // What members that are no consumers read, nobody can tell.
    const isReadable = group instanceof ConsumerGroup || group.members.size === 0 || group.protocolType === 'consumer'
    return isReadable ? deleted(group, request, context) : refused('NON_EMPTY_GROUP')
  },
  refuse: (_, code) => refused(code),
})

function deleted(group: Group, { groupId, topics }: OffsetDeleteRequest, { cluster }: RequestContext) {
  const forget = (topic: string, partition: number): number => {
    if (cluster.topic(topic)?.partitions[partition] === undefined) return errorCodeOf('UNKNOWN_TOPIC_OR_PARTITION')
    if (group.isSubscribedTo(topic)) return errorCodeOf('GROUP_SUBSCRIBED_TO_TOPIC')
    cluster.groups.offsets.forget(groupId, topic, partition)
    return 0
  }
  return {
    errorCode: 0,
    throttleTimeMs: 0,
    topics: topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: forget(name, partitionIndex) })),
    })),
  }
}

function refused(code: BrokerErrorCode) {
  return { errorCode: errorCodeOf(code), throttleTimeMs: 0, topics: [] }
}
