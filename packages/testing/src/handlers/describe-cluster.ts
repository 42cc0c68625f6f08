// The cluster's id, its brokers and who answers for the controller. Controllers have no endpoint of their own here: asking for theirs is a
// mismatched endpoint, as it is when a broker of Kafka is asked.
import { DescribeCluster } from '@k/protocol'
import { errorCodeOf } from '../refusal.ts'
import { handler } from './handler.ts'

const BROKERS = 1
const CONTROLLERS = 2
/** A bit for each operation that an unrestricted client may do on the cluster. */
const CLUSTER_OPERATIONS = 0x1fa0

export const handleDescribeCluster = handler({
  api: DescribeCluster,
  versions: [0, 2],
  handle({ endpointType, includeFencedBrokers, includeClusterAuthorizedOperations }, { cluster }) {
    if (endpointType !== BROKERS) {
      const code = endpointType === CONTROLLERS ? 'MISMATCHED_ENDPOINT_TYPE' : 'UNSUPPORTED_ENDPOINT_TYPE'
      return refused(errorCodeOf(code), `This is an endpoint of brokers, not one of type ${endpointType}`)
    }
    const brokers = [...cluster.brokers.values()].filter(({ isAlive }) => isAlive || includeFencedBrokers)
    return {
      throttleTimeMs: 0,
      errorCode: 0,
      clusterId: cluster.clusterId,
      controllerId: cluster.controllerId,
      brokers: brokers.map(({ id, host, port, rack, isAlive }) => ({ brokerId: id, host, port, rack: rack ?? null, isFenced: !isAlive })),
      ...(includeClusterAuthorizedOperations ? { clusterAuthorizedOperations: CLUSTER_OPERATIONS } : {}),
    }
  },
  refuse: (_, code) => refused(errorCodeOf(code), null),
})

function refused(errorCode: number, errorMessage: string | null) {
  return { throttleTimeMs: 0, errorCode, errorMessage, clusterId: '', brokers: [] }
}
