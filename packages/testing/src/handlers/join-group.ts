// Enters a classic group: the answer comes when every member has joined, or the rebalance timeout is over. The states are those of `group/`. An
// empty consumer group (KIP-848) becomes a classic one; members of the two protocols never share a group, as they may in Kafka while its members
// move from one to the other.
import { JoinGroup } from '@k/protocol'
import { noJoin } from '../group/classic-group.ts'
import { errorCodeOf } from '../refusal.ts'
import { isCoordinator } from './coordinator-check.ts'
import { handler, type RequestContext } from './handler.ts'

export const handleJoinGroup = handler({
  api: JoinGroup,
  versions: [0, 9],
  async handle(request, context) {
    const { cluster, version, clientId, clientHost } = context
    const client = { clientId: clientId ?? '', clientHost, knowsMemberIdRequired: version >= 4, knowsSkipAssignment: version >= 9 }
    if (request.groupId !== '' && !isCoordinator(request.groupId, context)) return refused(request.memberId, 'NOT_COORDINATOR', context)
    const answer = await cluster.groups.classic.join(request, client)
    return forVersion(answer, context)
  },
  refuse: (request, code, context) => refused(request.memberId, code, context),
})

function refused(memberId: string, code: Parameters<typeof errorCodeOf>[0], context: RequestContext) {
  return forVersion({ ...noJoin(memberId), errorCode: errorCodeOf(code) }, context)
}

/** No protocol is null since version 7, and empty before. */
function forVersion<T extends { protocolName: string | null; skipAssignment?: boolean }>(answer: T, { version }: RequestContext): T {
  return { ...answer, protocolName: version >= 7 ? answer.protocolName || null : (answer.protocolName ?? '') }
}
