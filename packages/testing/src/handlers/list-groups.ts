// The groups that this broker coordinates, of the states and types that are asked for; upper and lower case are the same.
import { type BrokerErrorCode, ListGroups } from '@k/protocol'
import { ConsumerGroup } from '../consumer-group/consumer-group.ts'
import { errorCodeOf } from '../refusal.ts'
import { isCoordinator } from './coordinator-check.ts'
import { handler } from './handler.ts'

export const handleListGroups = handler({
  api: ListGroups,
  versions: [0, 5],
  handle({ statesFilter, typesFilter }, context) {
    const groups = context.cluster.groups.all().filter(({ groupId }) => isCoordinator(groupId, context))
    const listed = groups.map((group) => {
      const { groupId, state: groupState } = group
      if (group instanceof ConsumerGroup) return { groupId, protocolType: 'consumer', groupState, groupType: 'consumer' }
      return { groupId, protocolType: group.protocolType ?? '', groupState, groupType: 'classic' }
    })
    return {
      errorCode: 0,
      groups: listed.filter(({ groupState, groupType }) => isAmong(groupState, statesFilter) && isAmong(groupType, typesFilter)),
    }
  },
  refuse: (_, code: BrokerErrorCode) => ({ errorCode: errorCodeOf(code), groups: [] }),
})

function isAmong(name: string, filter: readonly string[]): boolean {
  return filter.length === 0 || filter.some((each) => each.trim().toLowerCase() === name.toLowerCase())
}
