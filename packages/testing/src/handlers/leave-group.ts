// Takes members out of a group, also of a consumer group: one by its id in versions 0 to 2, several by id or by the name of a static member in later ones.
import { type BrokerErrorCode, LeaveGroup, type LeaveGroupRequest } from '@k/protocol'
import { errorCodeOf } from '../refusal.ts'
import { isCoordinator } from './coordinator-check.ts'
import { handler } from './handler.ts'

export const handleLeaveGroup = handler({
  api: LeaveGroup,
  versions: [0, 5],
  handle(request, context) {
    const { groupId } = request
    if (groupId === '') return refused('INVALID_GROUP_ID')
    if (!isCoordinator(groupId, context)) return refused('NOT_COORDINATOR')
    const leaving = membersOf(request, context.version)
    const errorCodes = context.cluster.groups.leave(groupId, leaving)
    if (context.version < 3) return { errorCode: errorCodes[0] ?? 0 }
    return {
      errorCode: 0,
      members: leaving.map(({ memberId, groupInstanceId }, i) => ({ memberId, groupInstanceId, errorCode: errorCodes[i] as number })),
    }
  },
  refuse: (_, code) => refused(code),
})

function membersOf({ memberId, members }: LeaveGroupRequest, version: number) {
  return version >= 3 ? members : [{ memberId, groupInstanceId: null }]
}

function refused(code: BrokerErrorCode) {
  return { errorCode: errorCodeOf(code), members: [] }
}
