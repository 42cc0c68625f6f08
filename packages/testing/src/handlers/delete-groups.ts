// Deletes groups of either kind that have no members, with their offsets.
import { type BrokerErrorCode, DeleteGroups } from '@k/protocol'
import { errorCodeOf, Refusal } from '../refusal.ts'
import { isCoordinator } from './coordinator-check.ts'
import { handler, type RequestContext } from './handler.ts'

export const handleDeleteGroups = handler({
  api: DeleteGroups,
  versions: [0, 3],
  handle({ groupsNames }, context) {
    return { throttleTimeMs: 0, results: [...new Set(groupsNames)].map((groupId) => deleted(groupId, context)) }
  },
  refuse: ({ groupsNames }, code) => ({ throttleTimeMs: 0, results: groupsNames.map((groupId) => refused(groupId, code, null)) }),
})

function deleted(groupId: string, context: RequestContext) {
  if (!isCoordinator(groupId, context)) return refused(groupId, 'NOT_COORDINATOR', null)
  try {
    context.cluster.groups.delete(groupId)
  } catch (error) {
    if (error instanceof Refusal) return refused(groupId, error.code, error.message)
    throw error
  }
  return { groupId, errorCode: 0, errorMessage: null }
}

function refused(groupId: string, code: BrokerErrorCode, errorMessage: string | null) {
  return { groupId, errorCode: errorCodeOf(code), errorMessage }
}
