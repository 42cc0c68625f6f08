import { FindCoordinator, Heartbeat, ListOffsets, Metadata, type ResponseInputOf } from '@k/protocol'
import { type ClientOptions, Cluster, type ClusterOptions } from '../../src/index.ts'
import { ManualClock } from './manual-clock.ts'
import { on, ScriptedTransport, systemError } from './scripted-transport.ts'

export const beat = { groupId: 'g', generationId: 1, memberId: 'm' }

/** Three brokers b1, b2, b3; `orders` has two partitions, led by 1 and 2. Bootstrap is `boot:9092`. */
export function setUpCluster(options: ClusterOptions & ClientOptions = {}) {
  const state = {
    brokers: [1, 2, 3].map((nodeId) => ({ nodeId, host: `b${nodeId}`, port: 9092, rack: null as string | null })),
    controllerId: 2,
    leaders: [1, 2],
    topicError: 0,
    answerMetadata: true,
    answerHeartbeats: true,
    down: new Set<string>(),
  }
  const clock = new ManualClock()
  const metadata = (names: readonly string[] | undefined): ResponseInputOf<typeof Metadata> => ({
    brokers: state.brokers,
    clusterId: 'c',
    controllerId: state.controllerId,
    topics: (names ?? ['orders']).map((name) => ({
      name,
      errorCode: name === 'orders' ? state.topicError : 3,
      topicId: name === 'orders' ? 'AAAAAAAAAAAAAAAAAAAAAQ' : 'AAAAAAAAAAAAAAAAAAAAAA',
      partitions:
        name === 'orders' && state.topicError === 0
          ? state.leaders.map((leaderId, partitionIndex) => ({
              errorCode: leaderId < 0 ? 5 : 0,
              partitionIndex,
              leaderId,
              leaderEpoch: 1,
              replicaNodes: [1],
              isrNodes: [1],
            }))
          : [],
    })),
  })
  const transport = new ScriptedTransport(
    on(Metadata, ({ topics }) => (state.answerMetadata ? metadata(topics?.map(({ name }) => name as string)) : undefined)),
    on(FindCoordinator, ({ coordinatorKeys }) => ({
      coordinators: coordinatorKeys.map((key) => ({ key, errorCode: 0, errorMessage: null, nodeId: 3, host: 'b3', port: 9092 })),
    })),
    on(Heartbeat, () => (state.answerHeartbeats ? { errorCode: 0 } : undefined)),
    on(ListOffsets, () => ({ topics: [] })),
  )
  transport.onConnect = ({ host }) => {
    if (state.down.has(host)) throw systemError('ECONNREFUSED')
  }
  const cluster = new Cluster({ bootstrapServers: 'boot', transport, clock, random: { next: () => 0.5 }, logger: null, ...options })
  const hosts = () => transport.dials.map(({ host }) => host)
  const socketOf = (host: string) => transport.sockets.filter(({ target, isDestroyed }) => target.host === host && !isDestroyed)
  const asked = (api: { key: number }) =>
    transport.sockets.flatMap((socket) => socket.requests.filter(({ apiKey }) => apiKey === api.key).map(() => socket.target.host))
  return { cluster, transport, clock, state, hosts, socketOf, asked }
}
