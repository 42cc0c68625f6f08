import type { ClusterState } from '../cluster-state.ts'
import type { Partition } from '../partition.ts'

/** Who leads a partition, for a client that asked the wrong broker (KIP-951). */
export interface LeaderHint {
  readonly leaderId: number
  readonly leaderEpoch: number
}

/** Where the leaders are that the hints of a response name. */
export interface NodeEndpoint {
  readonly nodeId: number
  readonly host: string
  readonly port: number
  readonly rack: string | null
}

export const NO_HINT: LeaderHint = { leaderId: -1, leaderEpoch: -1 }

export function hintFor({ leader, leaderEpoch }: Partition): LeaderHint {
  return { leaderId: leader, leaderEpoch }
}

/** The addresses of the leaders in `hints`, each once. */
export function endpointsOf(cluster: ClusterState, hints: readonly LeaderHint[]): NodeEndpoint[] {
  const ids = new Set(hints.map(({ leaderId }) => leaderId).filter((id) => id >= 0))
  return [...ids].flatMap((id) => {
    const broker = cluster.brokers.get(id)
    return broker === undefined ? [] : [{ nodeId: id, host: broker.host, port: broker.port, rack: broker.rack ?? null }]
  })
}
