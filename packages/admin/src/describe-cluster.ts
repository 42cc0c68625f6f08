import type { BrokerMetadata } from '@k/network'
import { BrokerError, DescribeCluster, Metadata, UnsupportedVersionError } from '@k/protocol'
import type { AdminCall } from './admin-call.ts'

/** The cluster and its brokers. */
export interface ClusterDescription {
  /** The id that the cluster was made with; undefined where brokers tell none. */
  readonly clusterId: string | undefined
  /** The broker that answers for the controller; undefined while there is none. In KRaft clusters any broker may stand here. */
  readonly controller: BrokerMetadata | undefined
  /** Live brokers, in the order of their ids. */
  readonly brokers: readonly BrokerMetadata[]
}

/** Describes the cluster; asks brokers before 2.8, which have no DescribeCluster, for metadata instead. */
export function describeCluster(call: AdminCall): Promise<ClusterDescription> {
  const attempt = async (): Promise<ClusterDescription> => {
    try {
      const answer = await call.request(DescribeCluster, { includeClusterAuthorizedOperations: false }, 'any')
      if (answer.errorCode !== 0)
        throw new BrokerError(answer.errorCode, 'cannot describe the cluster', { brokerMessage: answer.errorMessage })
      return description(
        answer.clusterId,
        answer.controllerId,
        answer.brokers.map(({ brokerId, host, port, rack }) => ({ id: brokerId, host, port, rack: rack ?? undefined })),
      )
    } catch (error) {
      if (!UnsupportedVersionError.is(error)) throw error
      const answer = await call.request(Metadata, { topics: [] }, 'any', 1)
      return description(
        answer.clusterId,
        answer.controllerId,
        answer.brokers.map(({ nodeId, host, port, rack }) => ({ id: nodeId, host, port, rack: rack ?? undefined })),
      )
    }
  }
  return call.retry(attempt)
}

function description(clusterId: string | null, controllerId: number, brokers: readonly BrokerMetadata[]): ClusterDescription {
  const sorted = [...brokers].sort((a, b) => a.id - b.id)
  return { clusterId: clusterId ?? undefined, controller: sorted.find(({ id }) => id === controllerId), brokers: sorted }
}
