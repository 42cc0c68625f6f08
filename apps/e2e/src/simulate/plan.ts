import { type Partitioner, type ProducerSettings, random as randomPartitioner, roundRobin } from '@k/producer'
import { type FakeClusterOptions, type SeededRandom, synchronousGzip } from '@k/testing'

/** What a producer of a simulation is like. */
export interface ProducerPlan {
  readonly settings: ProducerSettings<string, string>
  readonly isIdempotent: boolean
  readonly acks: 0 | 1 | -1
  /** Calls that it makes, or transactions. */
  readonly calls: number
  /** Whether it is closed before its calls are all made. */
  readonly closesEarly: boolean
}

/** What a run is to be: all of it is drawn by the seed. */
export interface Plan {
  readonly cluster: Pick<FakeClusterOptions, 'brokers' | 'topics' | 'features'>
  readonly brokers: number
  readonly isTransactional: boolean
  readonly producers: readonly ProducerPlan[]
  readonly disturbances: number
  /** Whether bits of answers flip behind their header: nothing that is said can be believed then, and the only promise left is to come to an end. */
  readonly lies: boolean
  /** Whether topics are deleted, made again, and grow. */
  readonly changesTopics: boolean
  /** Whether followers lag and fall out of sync. */
  readonly lagsReplicas: boolean
  /** Whether brokers forget what producers have written. */
  readonly forgets: boolean
}

export const topicNames = ['orders', 'events'] as const

/** Draws a run. */
export function planOf(random: SeededRandom): Plan {
  const brokers = 1 + random.below(3)
  const isTransactional = random.chance(0.3)
  const topic = () => ({
    numPartitions: 1 + random.below(4),
    replicationFactor: brokers,
    configs: {
      'min.insync.replicas': brokers > 1 && random.chance(0.5) ? 2 : 1,
      ...(random.chance(0.1) && { 'max.message.bytes': 400 }),
      ...(random.chance(0.1) && { 'message.timestamp.type': 'LogAppendTime' }),
    },
  })
  const plans = Array.from({ length: random.chance(0.7) ? 1 : 2 }, () => producerPlan(random, isTransactional))
  return {
    cluster: {
      brokers,
      topics: Object.fromEntries(topicNames.map((name) => [name, topic()])),
      ...(random.chance(0.5) && { features: { 'transaction.version': 1 } }),
    },
    brokers,
    isTransactional,
    producers: plans,
    disturbances: random.below(14),
    lies: random.chance(0.05),
    changesTopics: !isTransactional && random.chance(0.15),
    // What the leader alone has acknowledged may be lost with it.
    lagsReplicas: plans.every(({ acks }) => acks === -1) && random.chance(0.4),
    forgets: !isTransactional && random.chance(0.15),
  }
}

function producerPlan(random: SeededRandom, isTransactional: boolean): ProducerPlan {
  const isIdempotent = isTransactional || random.chance(0.7)
  const acks = isIdempotent ? -1 : random.pick([-1, -1, 1, 0] as const)
  const retries = isIdempotent ? random.pick([1, 3, 2147483647]) : random.pick([0, 1, 2147483647])
  const requestTimeoutMs = 60 + random.below(300)
  const lingerMs = random.pick([0, 0, 0, 3, 20])
  const batchSize = random.pick([0, 150, 600, 16_384])
  const partitioner: Partitioner | undefined = random.pick([undefined, undefined, roundRobin(), randomPartitioner()])
  const settings = {
    acks,
    retries,
    enableIdempotence: isIdempotent,
    requestTimeoutMs,
    defaultApiTimeoutMs: 500 + random.below(2_000),
    lingerMs,
    batchSize,
    deliveryTimeoutMs: lingerMs + requestTimeoutMs + random.pick([0, 100, 500, 3_000]),
    maxBlockMs: isTransactional ? 500 + random.below(3_000) : random.pick([100, 500, 3_000]),
    bufferMemory: random.chance(0.2) ? Math.max(batchSize, 1_000) * (1 + random.below(4)) : 33_554_432,
    maxRequestSize: random.pick([1_000, 4_000, 1_048_576]),
    maxInFlightRequestsPerConnection: 1 + random.below(isIdempotent ? 5 : 8),
    retryBackoffMs: 1 + random.below(30),
    retryBackoffMaxMs: 50 + random.below(300),
    reconnectBackoffMs: 1 + random.below(30),
    reconnectBackoffMaxMs: 50 + random.below(200),
    socketConnectionSetupTimeoutMs: 50 + random.below(200),
    socketConnectionSetupTimeoutMaxMs: 300,
    metadataMaxAgeMs: random.pick([200, 1_000, 300_000]),
    metadataMaxIdleMs: random.pick([200, 300_000]),
    connectionsMaxIdleMs: random.pick([300, 540_000]),
    ...(random.chance(0.3) && { compression: synchronousGzip }),
    ...(partitioner !== undefined && { partitioner }),
    logger: null,
  }
  const calls = isTransactional ? 2 + random.below(6) : 5 + random.below(30)
  return { settings, isIdempotent, acks, calls, closesEarly: random.chance(0.15) }
}
