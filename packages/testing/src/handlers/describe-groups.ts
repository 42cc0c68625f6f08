// States and members of classic groups, each with what its members sent to and heard from their leader. A group that is not there is dead; so is, to
// who asks here, a consumer group of KIP-848. Everybody may do everything with a group.
import { type BrokerErrorCode, DescribeGroups, type DescribeGroupsResponse } from '@k/protocol'
import { ClassicGroup } from '../group/classic-group.ts'
import { NO_ASSIGNMENT } from '../group/group-member.ts'
import { errorCodeOf } from '../refusal.ts'
import { GROUP_OPERATIONS, NOT_ASKED_FOR } from './authorized-operations.ts'
import { isCoordinator } from './coordinator-check.ts'
import { handler, type RequestContext } from './handler.ts'

type GroupAnswer = DescribeGroupsResponse['groups'][number]

/** Since when a group that is not there is an error. */
const FIRST_WITH_NOT_FOUND = 6

export const handleDescribeGroups = handler({
  api: DescribeGroups,
  versions: [0, 6],
  handle({ groups, includeAuthorizedOperations }, context) {
    const authorizedOperations = includeAuthorizedOperations ? GROUP_OPERATIONS : NOT_ASKED_FOR
    return { groups: groups.map((groupId) => withOperations(found(groupId, context), authorizedOperations)) }
  },
  refuse: ({ groups }, code) => ({ groups: groups.map((groupId) => refused(groupId, code, null, '')) }),
})

/** Of a group that cannot be told of, operations cannot be told either. */
function withOperations(group: GroupAnswer, authorizedOperations: number): GroupAnswer {
  return group.errorCode === 0 ? { ...group, authorizedOperations } : group
}

function found(groupId: string, context: RequestContext): GroupAnswer {
  if (!isCoordinator(groupId, context)) return refused(groupId, 'NOT_COORDINATOR', null, '')
  const group = context.cluster.groups.group(groupId)
  if (group instanceof ClassicGroup) return described(group)
  if (context.version < FIRST_WITH_NOT_FOUND) return { ...refused(groupId, 'GROUP_ID_NOT_FOUND', null, 'Dead'), errorCode: 0 }
  const why = group === undefined ? `Group ${groupId} not found.` : `Group ${groupId} is not a classic group.`
  return refused(groupId, 'GROUP_ID_NOT_FOUND', why, 'Dead')
}

function described(group: ClassicGroup): GroupAnswer {
  // What the members say is told of the assignor that is in use, once there is one.
  const isStable = group.state === 'Stable'
  return {
    errorCode: 0,
    errorMessage: null,
    groupId: group.groupId,
    groupState: group.state,
    protocolType: group.protocolType ?? '',
    protocolData: isStable ? (group.protocolName ?? '') : '',
    members: [...group.members.values()].map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      memberMetadata: isStable ? member.metadataFor(group.protocolName) : NO_ASSIGNMENT,
      memberAssignment: member.assignment,
    })),
    authorizedOperations: NOT_ASKED_FOR,
  }
}

function refused(groupId: string, code: BrokerErrorCode, errorMessage: string | null, groupState: string): GroupAnswer {
  const nothing = { protocolType: '', protocolData: '', members: [], authorizedOperations: NOT_ASKED_FOR }
  return { ...nothing, errorCode: errorCodeOf(code), errorMessage, groupId, groupState }
}
