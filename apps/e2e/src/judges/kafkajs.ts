import { randomUUID } from 'node:crypto'
import { AssignerProtocol, CompressionTypes, ConfigResourceTypes, Kafka, logLevel, type Message, Partitioners } from 'kafkajs'
import type { Judge, JudgedRecord, JudgedSend } from './judge.ts'
import { partitionsOf } from './judge.ts'

type Taken = {
  partition: number
  message: { offset: string; timestamp: string; key: Buffer | null; value: Buffer | null; headers?: object }
}

const recordOf = ({ partition, message }: Taken): JudgedRecord => ({
  partition,
  offset: Number(message.offset),
  timestamp: Number(message.timestamp),
  key: message.key?.toString() ?? null,
  value: message.value?.toString() ?? null,
  headers: Object.entries(message.headers ?? {}).map(([name, value]) => [name, value === null ? null : `${value}`]),
})

const messageOf = ({ partition, key, value, headers }: JudgedRecord): Message => ({
  ...(partition !== undefined && { partition }),
  key,
  value,
  headers: Object.fromEntries(headers.map(([name, header]) => [name, header ?? ''])),
})

const batchOf = ({ topic, records, compression }: JudgedSend) => ({
  topic,
  messages: records.map(messageOf),
  ...(compression === 'gzip' && { compression: CompressionTypes.GZIP }),
})

/** kafkajs, in this process. */
export async function kafkajsJudge(bootstrapServers: string): Promise<Judge> {
  const client = new Kafka({
    clientId: 'kafkajs',
    brokers: bootstrapServers.split(','),
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 20 },
  })
  const admin = client.admin()
  const producer = client.producer({ createPartitioner: Partitioners.DefaultPartitioner, idempotent: true, maxInFlightRequests: 1 })
  await Promise.all([admin.connect(), producer.connect()])

  const consume = async (groupId: string, topic: string, readUncommitted: boolean) => {
    const seen: JudgedRecord[] = []
    const consumer = client.consumer({ groupId, heartbeatInterval: 100, sessionTimeout: 6000, maxWaitTimeInMs: 50, readUncommitted })
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    await consumer.run({ autoCommitThreshold: 1, eachMessage: async (taken) => void seen.push(recordOf(taken)) })
    return { seen: async () => [...seen], leave: () => consumer.disconnect() }
  }

  return {
    async createTopic(topic, { partitions, replicationFactor, configs = {} }) {
      const configEntries = Object.entries(configs).map(([name, value]) => ({ name, value }))
      const topics = [{ topic, numPartitions: partitions, replicationFactor, configEntries }]
      // That a topic exists it tells by false, and not by an error.
      if (!(await admin.createTopics({ topics, waitForLeaders: true }))) throw new Error(`The topic ${topic} exists.`)
    },
    deleteTopic: (topic) => admin.deleteTopics({ topics: [topic] }),
    topics: () => admin.listTopics(),
    async partitions(topic) {
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
      return topics[0]!.partitions.map(({ partitionId, leader, replicas, isr }) => ({ partition: partitionId, leader, replicas, isr }))
    },
    async createPartitions(topic, count) {
      await admin.createPartitions({ topicPartitions: [{ topic, count }] })
    },
    async configs(name) {
      const { resources } = await admin.describeConfigs({ includeSynonyms: false, resources: [{ type: ConfigResourceTypes.TOPIC, name }] })
      return Object.fromEntries(resources[0]!.configEntries.map(({ configName, configValue }) => [configName, configValue]))
    },
    async alterConfigs(name, configs) {
      const configEntries = Object.entries(configs).map(([name, value]) => ({ name, value }))
      await admin.alterConfigs({ validateOnly: false, resources: [{ type: ConfigResourceTypes.TOPIC, name, configEntries }] })
    },
    async deleteRecords(topic, partition, before) {
      // It finds leaders only of topics that this client has asked for before.
      await admin.fetchTopicOffsets(topic)
      await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: `${before}` }] })
    },
    groups: async () => (await admin.listGroups()).groups.map(({ groupId }) => groupId),
    async group(group) {
      const { groups } = await admin.describeGroups([group])
      const members = groups[0]!.members.map(({ memberAssignment }) =>
        Object.entries(AssignerProtocol.MemberAssignment.decode(memberAssignment)?.assignment ?? {}).flatMap(([topic, partitions]) =>
          partitionsOf(topic, partitions),
        ),
      )
      return { state: groups[0]!.state, members }
    },
    async deleteGroup(group) {
      await admin.deleteGroups([group])
    },
    async offsets(groupId) {
      const topics = await admin.fetchOffsets({ groupId })
      return topics.flatMap(({ topic, partitions }) =>
        partitions.map(({ partition, offset }) => ({ topic, partition, offset: Number(offset) })),
      )
    },
    // Not by admin.setOffsets, whose consumer first waits for 5 s for records.
    async commit(groupId, { topic, partition, offset }) {
      const consumer = client.consumer({ groupId, maxWaitTimeInMs: 10 })
      await consumer.connect()
      await consumer.subscribe({ topic })
      const joined = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve))
      await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch: async () => {} })
      await joined
      await consumer.commitOffsets([{ topic, partition, offset: `${offset}` }])
      await consumer.disconnect()
    },
    async send(o) {
      await producer.send(batchOf(o))
    },
    async transaction(o) {
      const transactional = client.producer({ transactionalId: o.transactionalId, idempotent: true, maxInFlightRequests: 1 })
      await transactional.connect()
      const transaction = await transactional.transaction()
      await transaction.send(batchOf(o))
      if (o.offsets) {
        const topics = o.offsets.offsets.map(({ topic, partition, offset }) => ({
          topic,
          partitions: [{ partition, offset: `${offset}` }],
        }))
        await transaction.sendOffsets({ consumerGroupId: o.offsets.group, topics })
      }
      await transaction[o.end]()
      await transactional.disconnect()
    },
    async read(topic, { count, isolationLevel }) {
      const reader = await consume(`reader-${randomUUID()}`, topic, isolationLevel !== 'read_committed')
      const deadline = AbortSignal.timeout(10_000)
      while ((await reader.seen()).length < count && !deadline.aborted) await new Promise((resolve) => setTimeout(resolve, 10))
      await reader.leave()
      return reader.seen()
    },
    join: (group, topic) => consume(group, topic, true),
    async close() {
      await Promise.all([admin.disconnect(), producer.disconnect()])
    },
  }
}
