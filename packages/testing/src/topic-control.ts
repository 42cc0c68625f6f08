import { BrokerError, ConfigError, KafkaError } from '@k/protocol'
import type { ClusterState } from './cluster-state.ts'
import { checkTopicOptions, type FakeTopicOptions } from './fake-cluster-options.ts'
import { type FakeRecord, type FakeRecordsOptions, recordsOf } from './fake-record.ts'
import { checkNames, shown } from './option-checks.ts'
import type { Partition } from './partition.ts'
import { errorCodeOf, Refusal } from './refusal.ts'
import type { Topic } from './topic.ts'
import { TopicConfigs } from './topic-configs.ts'

/** A partition, by name. */
export interface FakeTopicPartition {
  /** The topic's name. */
  readonly topic: string
  /** The partition's number. */
  readonly partition: number
}

/** What a test does to topics and partitions, behind the methods of `FakeCluster`, which say what each of them is for. */
export class TopicControl {
  readonly #state: ClusterState

  constructor(state: ClusterState) {
    this.#state = state
  }

  /** @throws BrokerError as Kafka would answer */
  create(name: string, options: FakeTopicOptions): void {
    checkTopicOptions(name, options)
    const { numPartitions, replicationFactor, configs = {} } = options
    const given = new Map(Object.entries(configs).map(([config, value]) => [config, String(value)]))
    this.#asBroker(`topic ${name} was not created`, () => {
      this.#state.createTopic(name, { numPartitions, replicationFactor, configs: given })
    })
  }

  /** @throws BrokerError as Kafka would answer */
  alterConfigs(name: string, configs: Readonly<Record<string, string | number | boolean | null>>): void {
    const topic = this.topic(name)
    if (typeof configs !== 'object' || configs === null) {
      throw new KafkaError('INVALID_ARGUMENT', `the configs of ${name} must be values by name: { 'retention.ms': 1000 }`)
    }
    const given = new Map(topic.configs.given)
    for (const [config, value] of Object.entries(configs)) {
      if (value === null) given.delete(config)
      else given.set(config, String(value))
    }
    this.#asBroker(`the configs of ${name} were not altered`, () => {
      topic.configs = new TopicConfigs(given, this.#state.brokerConfigs)
    })
    this.#state.changed()
  }

  /** @throws BrokerError as Kafka would answer */
  createPartitions(name: string, count: number): void {
    const topic = this.topic(name)
    if (!Number.isInteger(count))
      throw new KafkaError('INVALID_ARGUMENT', `the number of partitions of ${name} must be whole, not ${count}`)
    this.#asBroker(`${name} got no more partitions`, () => this.#state.addPartitions(topic, count, null))
  }

  #asBroker(what: string, task: () => void): void {
    try {
      task()
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      throw new BrokerError(error.errorCode, what, { brokerMessage: error.message })
    }
  }

  delete(name: string): void {
    this.#state.deleteTopic(this.topic(name))
  }

  /** @throws BrokerError UNKNOWN_TOPIC_OR_PARTITION */
  topic(name: string): Topic {
    const topic = this.#state.topic(name)
    if (topic !== undefined) return topic
    throw new BrokerError(errorCodeOf('UNKNOWN_TOPIC_OR_PARTITION'), `there is no topic ${name}; ${this.#known()}`)
  }

  #known(): string {
    const names = [...this.#state.topics].map(({ name }) => name)
    return names.length === 0 ? 'there are none' : `there are ${names.slice(0, 20).join(', ')}${names.length > 20 ? ', ...' : ''}`
  }

  /** @throws BrokerError UNKNOWN_TOPIC_OR_PARTITION */
  partition({ topic, partition }: FakeTopicPartition): Partition {
    const found = this.topic(topic).partitions[partition]
    if (found !== undefined) return found
    throw new BrokerError(
      errorCodeOf('UNKNOWN_TOPIC_OR_PARTITION'),
      `topic ${topic} has no partition ${partition}, but ${this.topic(topic).partitions.length} from 0 on`,
    )
  }

  /** @throws KafkaError INVALID_ARGUMENT where the broker holds no replica of it or is down */
  moveLeader(which: FakeTopicPartition, brokerId: number): void {
    const moved = this.partition(which)
    if (!moved.replicas.includes(brokerId) || !this.#state.brokers.get(brokerId)?.isAlive) {
      const replicas = moved.replicas.join(', ')
      throw new KafkaError(
        'INVALID_ARGUMENT',
        `broker ${brokerId} cannot lead ${which.topic}-${which.partition}: its replicas are on ${replicas}, and it must be up`,
      )
    }
    moved.lead(brokerId)
    this.#state.changed()
  }

  /** Leaves a partition without a leader. */
  removeLeader(which: FakeTopicPartition): void {
    this.partition(which).lead(-1)
    this.#state.changed()
  }

  records(topic: string, options: FakeRecordsOptions = {}): FakeRecord[] {
    checkNames('records', options, ['isolationLevel'])
    const { isolationLevel } = options
    if (isolationLevel !== undefined && isolationLevel !== 'read_committed' && isolationLevel !== 'read_uncommitted') {
      throw new ConfigError('isolationLevel', `must be read_committed or read_uncommitted, not ${shown(isolationLevel)}`)
    }
    return this.topic(topic).partitions.flatMap((partition) => recordsOf(partition, this.#state.options.codecs, options))
  }
}
