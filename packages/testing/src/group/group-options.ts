import { ConfigError } from '@k/protocol'

/** What {@link FakeClusterOptions} takes for groups. */
export interface FakeGroupOptions {
  /** How long the first rebalance of a classic group waits for more members, in ms. Default: 0. Kafka: `group.initial.rebalance.delay.ms` (3000) */
  readonly groupInitialRebalanceDelayMs?: number
  /** The shortest session timeout that a member of a classic group may ask for, in ms. Default: 6000. Kafka: `group.min.session.timeout.ms` */
  readonly groupMinSessionTimeoutMs?: number
  /** The longest. Default: 1800000. Kafka: `group.max.session.timeout.ms` */
  readonly groupMaxSessionTimeoutMs?: number
  /** How many members a classic group may have. Default: 2147483647. Kafka: `group.max.size` */
  readonly groupMaxSize?: number
  /** How many members a consumer group (KIP-848) may have. Default: 2147483647. Kafka: `group.consumer.max.size` */
  readonly groupConsumerMaxSize?: number
  /** After how many ms without a heartbeat a member leaves its consumer group. Default: 45000. Kafka: `group.consumer.session.timeout.ms` */
  readonly groupConsumerSessionTimeoutMs?: number
  /** How often members of consumer groups are told to send heartbeats, in ms. Default: 5000. Kafka: `group.consumer.heartbeat.interval.ms` */
  readonly groupConsumerHeartbeatIntervalMs?: number
  /** How long a consumer group keeps an assignment at least, in ms. Default: 0. Kafka: `group.consumer.assignment.interval.ms` (1000) */
  readonly groupConsumerAssignmentIntervalMs?: number
  /** How much text may be kept with an offset, in bytes. Default: 4096. Kafka: `offset.metadata.max.bytes` */
  readonly offsetMetadataMaxBytes?: number
}

export type ResolvedGroupOptions = Readonly<Required<FakeGroupOptions>>

const MAX_INT = 0x7fffffff

const defaults: ResolvedGroupOptions = {
  groupInitialRebalanceDelayMs: 0,
  groupMinSessionTimeoutMs: 6_000,
  groupMaxSessionTimeoutMs: 1_800_000,
  groupMaxSize: MAX_INT,
  groupConsumerMaxSize: MAX_INT,
  groupConsumerSessionTimeoutMs: 45_000,
  groupConsumerHeartbeatIntervalMs: 5_000,
  groupConsumerAssignmentIntervalMs: 0,
  offsetMetadataMaxBytes: 4_096,
}

/** Their names. */
export const groupOptionNames = Object.keys(defaults) as readonly (keyof FakeGroupOptions)[]

/** Of these, zero makes no sense. */
const positive: readonly string[] = [
  'groupMinSessionTimeoutMs',
  'groupMaxSessionTimeoutMs',
  'groupMaxSize',
  'groupConsumerMaxSize',
  'groupConsumerSessionTimeoutMs',
  'groupConsumerHeartbeatIntervalMs',
]

/** @throws ConfigError */
export function resolveGroupOptions(options: FakeGroupOptions): ResolvedGroupOptions {
  const given = groupOptionNames.flatMap((name) => {
    const value = options[name]
    if (value === undefined) return []
    const min = positive.includes(name) ? 1 : 0
    if (Number.isInteger(value) && value >= min && value <= MAX_INT) return [[name, value]]
    throw new ConfigError(name, `must be an integer from ${min} to ${MAX_INT}, not ${value}`)
  })
  return { ...defaults, ...Object.fromEntries(given) }
}
