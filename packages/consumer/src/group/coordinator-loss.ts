import { type Cluster, ConnectionError, TimeoutError } from '@k/network'
import { BrokerError } from '@k/protocol'

/** Has the coordinator looked for again where an error says that it is not, or not any more, the one that was asked. */
export function forgetLostCoordinator(cluster: Cluster, groupId: string, error: unknown): void {
  const isLost =
    BrokerError.is(error, 'COORDINATOR_NOT_AVAILABLE', 'NOT_COORDINATOR', 'REQUEST_TIMED_OUT') ||
    ConnectionError.is(error) ||
    TimeoutError.is(error)
  if (isLost) cluster.forgetCoordinator({ group: groupId })
}
