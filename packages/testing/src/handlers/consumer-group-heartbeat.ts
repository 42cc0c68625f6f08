// All of a member in a consumer group (KIP-848): it joins, says what it reads and holds, hears what it is to have, and leaves. The states are those
// of `consumer-group/`. An empty classic group becomes a consumer group. Differs from Kafka: a classic group with members is never converted, as with
// `group.consumer.migration.policy=disabled`; regular expressions are JavaScript's, and are resolved at once, not by and by; racks are kept and
// never looked at; groups have no configs of their own.
import { type BrokerErrorCode, ConsumerGroupHeartbeat } from '@k/protocol'
import { checkHeartbeat } from '../consumer-group/heartbeat-checks.ts'
import { errorCodeOf, Refusal } from '../refusal.ts'
import { isCoordinator } from './coordinator-check.ts'
import { handler, type RequestContext } from './handler.ts'

export const handleConsumerGroupHeartbeat = handler({
  api: ConsumerGroupHeartbeat,
  versions: [0, 1],
  handle(request, context) {
    const { cluster, version, clientId, clientHost } = context
    if (!hasConsumerGroups(context)) return refused('UNSUPPORTED_VERSION', null)
    try {
      checkHeartbeat(request, version)
      if (!isCoordinator(request.groupId, context)) return refused('NOT_COORDINATOR', null)
      return cluster.groups.consumer.heartbeat(request, { clientId: clientId ?? '', clientHost })
    } catch (error) {
      if (error instanceof Refusal) return refused(error.code, error.message)
      throw error
    }
  },
  refuse: (_, code) => refused(code, null),
})

function refused(code: BrokerErrorCode, errorMessage: string | null) {
  return { throttleTimeMs: 0, errorCode: errorCodeOf(code), errorMessage, memberEpoch: 0, heartbeatIntervalMs: 0 }
}

/** Whether the cluster is at a level of `group.version` that has consumer groups. */
export function hasConsumerGroups({ cluster }: RequestContext): boolean {
  return (cluster.options.features.get('group.version') ?? 0) >= 1
}
