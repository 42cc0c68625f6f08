// The leader of a classic group hands in the assignment; the others wait for it. The assignment is bytes that nobody looks into.
import { SyncGroup } from '@k/protocol'
import { NO_ASSIGNMENT } from '../group/group-member.ts'
import { errorCodeOf } from '../refusal.ts'
import { isCoordinator } from './coordinator-check.ts'
import { handler } from './handler.ts'

export const handleSyncGroup = handler({
  api: SyncGroup,
  versions: [0, 5],
  handle(request, context) {
    // Version 5 has to name what was chosen, though its fields may be null.
    const isNamed = context.version < 5 || (request.protocolType !== null && request.protocolName !== null)
    if (!isNamed) return refused(errorCodeOf('INCONSISTENT_GROUP_PROTOCOL'))
    if (request.groupId !== '' && !isCoordinator(request.groupId, context)) return refused(errorCodeOf('NOT_COORDINATOR'))
    return context.cluster.groups.classic.sync(request)
  },
  refuse: (_, code) => refused(errorCodeOf(code)),
})

function refused(errorCode: number) {
  return { errorCode, assignment: NO_ASSIGNMENT }
}
