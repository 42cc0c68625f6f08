import { BrokerError, CreateTopics, type CreateTopicsResponse, KafkaError, UnsupportedVersionError } from '@k/protocol'
import type { AdminCall } from './admin-call.ts'
import { type Outcome, settleItems } from './settle-items.ts'

/** A topic to be created. */
export interface NewTopic {
  /** Its name. */
  readonly topic: string
  /** How many partitions. Default: the broker's `num.partitions`. */
  readonly numPartitions?: number
  /** How many copies of each. Default: the broker's `default.replication.factor`. */
  readonly replicationFactor?: number
  /** Broker ids per partition, the preferred leader first; instead of the two above. */
  readonly replicasAssignments?: Readonly<Record<number, readonly number[]>>
  /** Topic configs by their Kafka names: `{ 'retention.ms': '60000' }`. */
  readonly configs?: Readonly<Record<string, string | null>>
}

/** A config of a topic, as the broker tells it. */
export interface CreatedTopicConfig {
  /** Kafka's name of it: `retention.ms`. */
  readonly name: string
  /** Null where it is sensitive or unset. */
  readonly value: string | null
  /** Whether it cannot be changed while the brokers run. */
  readonly isReadOnly: boolean
  /** Whether it is a secret, which brokers do not tell. */
  readonly isSensitive: boolean
}

/** A topic that was created (or, with `validateOnly`, would be). */
export interface CreatedTopic {
  /** Its name. */
  readonly topic: string
  /** 22 characters of base64url; undefined on brokers before 2.8. */
  readonly topicId: string | undefined
  /** How many partitions; undefined on brokers before 2.4. */
  readonly numPartitions: number | undefined
  /** How many copies of each; undefined on brokers before 2.4. */
  readonly replicationFactor: number | undefined
  /** All its configs, defaults included; undefined on brokers before 2.4. */
  readonly configs: readonly CreatedTopicConfig[] | undefined
}

// The first version in which the broker chooses what was left open (KIP-464), and the first that tells what came of it (KIP-525, KIP-516).
const BROKER_DEFAULTS = 4
const TOPIC_IDS = 7

/** Creates topics by the controller. */
export function createTopics(call: AdminCall, topics: readonly NewTopic[], validateOnly: boolean): Promise<CreatedTopic[]> {
  refuseTwice(topics.map(({ topic }) => topic))
  let attempts = 0
  const attempt = async (pending: readonly NewTopic[]): Promise<Outcome<CreatedTopic>[]> => {
    attempts += 1
    let version = 0
    const body = (negotiated: number) => {
      version = negotiated
      return { topics: pending.map((topic) => specification(topic, negotiated)), timeoutMs: call.timeoutMs, validateOnly }
    }
    const response = await call.request(CreateTopics, body, 'controller')
    return pending.map(({ topic }) => outcomeOf(topic, response, version, attempts))
  }
  return settleItems(call, topics, attempt)
}

/** @throws KafkaError where a topic is named twice: a broker would refuse both */
export function refuseTwice(names: readonly string[]): void {
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice !== undefined) throw new KafkaError('INVALID_ARGUMENT', `topic "${twice}" stands twice in the call; name it once`)
}

function specification(topic: NewTopic, version: number) {
  const { numPartitions = -1, replicationFactor = -1, replicasAssignments, configs = {} } = topic
  if (replicasAssignments !== undefined && (numPartitions !== -1 || replicationFactor !== -1)) {
    throw new KafkaError(
      'INVALID_ARGUMENT',
      `topic "${topic.topic}" has replicasAssignments; leave numPartitions and replicationFactor out`,
    )
  }
  if (version < BROKER_DEFAULTS && replicasAssignments === undefined && (numPartitions === -1 || replicationFactor === -1)) {
    throw new UnsupportedVersionError(
      `brokers before Kafka 2.4 choose no defaults: give numPartitions and replicationFactor for topic "${topic.topic}"`,
      { api: 'CreateTopics', version, field: numPartitions === -1 ? 'numPartitions' : 'replicationFactor' },
    )
  }
  return {
    name: topic.topic,
    numPartitions,
    replicationFactor,
    assignments: Object.entries(replicasAssignments ?? {}).map(([partition, brokerIds]) => ({
      partitionIndex: Number(partition),
      brokerIds,
    })),
    configs: Object.entries(configs).map(([name, value]) => ({ name, value })),
  }
}

function outcomeOf(topic: string, response: CreateTopicsResponse, version: number, attempts: number): Outcome<CreatedTopic> {
  const result = response.topics.find(({ name }) => name === topic)
  if (result === undefined) return { error: new KafkaError('MALFORMED_MESSAGE', `the broker's answer leaves out topic "${topic}"`) }
  if (result.errorCode !== 0) {
    const error = new BrokerError(result.errorCode, `cannot create topic "${topic}"`, { brokerMessage: result.errorMessage })
    if (attempts === 1 || error.code !== 'TOPIC_ALREADY_EXISTS') return { error }
    const context = `cannot create topic "${topic}" (an earlier attempt of this call, whose answer was lost, may have created it)`
    return { error: new BrokerError(result.errorCode, context, { brokerMessage: result.errorMessage }) }
  }
  return {
    value: {
      topic,
      topicId: version >= TOPIC_IDS ? result.topicId : undefined,
      numPartitions: known(result.numPartitions),
      replicationFactor: known(result.replicationFactor),
      configs: result.configs?.map(({ name, value, readOnly, isSensitive }) => ({ name, value, isReadOnly: readOnly, isSensitive })),
    },
  }
}

function known(value: number): number | undefined {
  return value === -1 ? undefined : value
}
