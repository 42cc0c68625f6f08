import { FindCoordinator, Heartbeat, Metadata, type ResponseInputOf } from '@k/protocol'
import { type ClientOptions, Cluster, type ClusterOptions } from '../../src/index.ts'
import { ManualClock } from './manual-clock.ts'
import { on, type Script, ScriptedTransport } from './scripted-transport.ts'

export type MetadataBody = ResponseInputOf<typeof Metadata>

export const b1 = { nodeId: 1, host: 'b1', port: 9092, rack: null }
export const b2 = { nodeId: 2, host: 'b2', port: 9092, rack: null }

/** A partition that broker 1 leads. */
export const partition = { errorCode: 0, partitionIndex: 0, leaderId: 1, leaderEpoch: 1, replicaNodes: [1], isrNodes: [1] }

/** Metadata of both brokers, with no topic unless some are given. */
export function picture(body: Partial<MetadataBody> = {}): MetadataBody {
  return { brokers: [b1, b2], clusterId: 'c', controllerId: 1, topics: [], ...body }
}

export const telling = (body: Partial<MetadataBody> = {}) => on(Metadata, () => picture(body))

/** Every topic that is asked for exists. */
export const tellingOfAll = on(Metadata, ({ topics }) =>
  picture({ topics: (topics ?? []).map(({ name }) => ({ name, errorCode: 0, partitions: [partition] })) }),
)

export const beating = on(Heartbeat, () => ({ errorCode: 0 }))

/** Broker 2 coordinates every group. */
export const coordinating = on(FindCoordinator, ({ coordinatorKeys = [] }) => ({
  coordinators: coordinatorKeys.map((key) => ({ key, errorCode: 0, errorMessage: null, ...b2 })),
}))

/** A cluster of two brokers that know whatever topic they are asked for, or do what the scripts say. */
export function setUp(options: ClusterOptions & ClientOptions = {}, ...scripts: Script[]) {
  const clock = new ManualClock()
  const transport = new ScriptedTransport(...(scripts.length === 0 ? [tellingOfAll, beating, coordinating] : scripts))
  const cluster = new Cluster({ transport, clock, random: { next: () => 0.5 }, bootstrapServers: 'boot', logger: null, ...options })
  return { clock, transport, cluster }
}
