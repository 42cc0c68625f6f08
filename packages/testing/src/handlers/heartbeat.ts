// Keeps the session of a member of a classic group, and tells it of a rebalance.
import { Heartbeat } from '@k/protocol'
import { errorCodeOf } from '../refusal.ts'
import { isCoordinator } from './coordinator-check.ts'
import { handler } from './handler.ts'

export const handleHeartbeat = handler({
  api: Heartbeat,
  versions: [0, 4],
  handle({ groupId, memberId, groupInstanceId, generationId }, context) {
    if (groupId !== '' && !isCoordinator(groupId, context)) return { errorCode: errorCodeOf('NOT_COORDINATOR') }
    const problem = context.cluster.groups.classic.heartbeat(groupId, memberId, groupInstanceId, generationId)
    return { errorCode: problem === undefined ? 0 : errorCodeOf(problem) }
  },
  refuse: (_, code) => ({ errorCode: errorCodeOf(code) }),
})
