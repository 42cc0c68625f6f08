import type { RequestContext } from './handler.ts'

/** Whether this broker coordinates the group. Kafka says so before it looks at the request. */
export function isCoordinator(groupId: string, { cluster, broker }: RequestContext): boolean {
  return cluster.coordinatorOf('group', groupId)?.id === broker.id
}

/** Whether this broker coordinates the transactional id. */
export function isTransactionCoordinator(transactionalId: string, { cluster, broker }: RequestContext): boolean {
  return cluster.coordinatorOf('transaction', transactionalId)?.id === broker.id
}
