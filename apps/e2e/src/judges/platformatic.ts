import { randomUUID } from 'node:crypto'
import { inspect } from 'node:util'
import { Admin, Consumer, type Message, Producer, stringSerializers } from '@platformatic/kafka'
import type { Judge, JudgedRecord, JudgedSend } from './judge.ts'
import { partitionsOf } from './judge.ts'

const TOPIC_RESOURCE = 2
const SET = 0

const recordOf = ({ partition, offset, timestamp, key, value, headers }: Message): JudgedRecord => ({
  partition,
  offset: Number(offset),
  timestamp: Number(timestamp),
  key: key?.toString() ?? null,
  value: value?.toString() ?? null,
  headers: [...headers].map(([name, header]) => [name.toString(), header?.toString() ?? null]),
})

/** @platformatic/kafka, in this process. */
export async function platformaticJudge(bootstrapServers: string, groupProtocol: 'classic' | 'consumer'): Promise<Judge> {
  const options = { clientId: 'platformatic', bootstrapBrokers: bootstrapServers.split(','), retries: 5, retryDelay: 50 }
  const admin = new Admin(options)
  const producer = new Producer({ ...options, serializers: stringSerializers, idempotent: true })

  const messagesOf = ({ topic, records, compression = 'none' }: JudgedSend) => ({
    compression,
    messages: records.map(({ key, value, headers }) => ({
      topic,
      ...(key !== null && { key }),
      ...(value !== null && { value }),
      headers: new Map(headers as [string, string][]),
    })),
  })
  const groupOptions = groupProtocol === 'consumer' ? { groupProtocol } : { groupProtocol, sessionTimeout: 6000, heartbeatInterval: 100 }
  const consume = async (groupId: string, topic: string, isolationLevel: 0 | 1) => {
    const seen: JudgedRecord[] = []
    const consumer = new Consumer({ ...options, ...groupOptions, groupId, maxWaitTime: 50, isolationLevel, autocommit: 50 })
    const stream = await consumer.consume({ topics: [topic], mode: 'committed', fallbackMode: 'earliest' })
    let failure: Error | undefined
    stream.on('data', (message) => void seen.push(recordOf(message)))
    stream.on('error', (error) => {
      failure = error
    })
    return {
      seen: async () => {
        if (failure) throw failure
        return [...seen]
      },
      async leave() {
        await stream.close()
        await consumer.close()
      },
    }
  }

  // One for all transactions: a second one names the producer id 0 and the epoch 0 to be given another epoch, and to the broker a third is
  // the second that asks again.
  const transactionals = new Map<string, Producer<string, string, string, string>>()
  const transactionalOf = (transactionalId: string) => {
    const found = transactionals.get(transactionalId)
    if (found) return found
    const made = new Producer({ ...options, serializers: stringSerializers, idempotent: true, transactionalId })
    transactionals.set(transactionalId, made)
    return made
  }

  const describeGroup = async (group: string) => {
    const found = (await admin.describeGroups({ groups: [group] })).get(group)!
    const members = [...found.members.values()].map(({ assignments }) =>
      [...(assignments?.values() ?? [])].flatMap(({ topic, partitions }) => partitionsOf(topic, partitions)),
    )
    return { state: found.state, members }
  }

  return {
    async createTopic(topic, { partitions, replicationFactor, configs = {} }) {
      const list = Object.entries(configs).map(([name, value]) => ({ name, value }))
      const creating = admin.createTopics({ topics: [topic], partitions, replicas: replicationFactor, configs: list })
      // What happened is said by the errors inside of its error.
      await creating.catch((error: unknown) => {
        throw new Error(inspect(error, { depth: 5 }))
      })
    },
    deleteTopic: (topic) => admin.deleteTopics({ topics: [topic] }),
    topics: () => admin.listTopics(),
    async partitions(topic) {
      const { topics } = await admin.metadata({ topics: [topic], forceUpdate: true })
      return topics.get(topic)!.partitions.map(({ leader, replicas, isr }, partition) => ({ partition, leader, replicas, isr }))
    },
    createPartitions: (name, count) => admin.createPartitions({ topics: [{ name, count, assignments: null as never }] }),
    async configs(resourceName) {
      const resources = [{ resourceType: TOPIC_RESOURCE, resourceName, configurationKeys: null as never }]
      const [described] = await admin.describeConfigs({ resources } as never)
      return Object.fromEntries(described!.configs.map(({ name, value }) => [name, value!]))
    },
    async alterConfigs(resourceName, configs) {
      const list = Object.entries(configs).map(([name, value]) => ({ name, value, configOperation: SET }))
      await admin.incrementalAlterConfigs({ resources: [{ resourceType: TOPIC_RESOURCE, resourceName, configs: list }] } as never)
    },
    async deleteRecords(name, partition, before) {
      await admin.deleteRecords({ topics: [{ name, partitions: [{ partition, offset: BigInt(before) }] }] })
    },
    groups: async () => [...(await admin.listGroups({ states: [], types: [] })).keys()],
    // It describes classic groups only.
    ...(groupProtocol === 'classic' && { group: describeGroup }),
    deleteGroup: (group) => admin.deleteGroups({ groups: [group] }),
    async offsets(group) {
      const [found] = await admin.listConsumerGroupOffsets({ groups: [group] })
      return found!.topics.flatMap(({ name, partitions }) =>
        partitions.map(({ partitionIndex, committedOffset }) => ({
          topic: name,
          partition: partitionIndex,
          offset: Number(committedOffset),
        })),
      )
    },
    commit: (groupId, { topic, partition, offset }) =>
      admin.alterConsumerGroupOffsets({
        groupId,
        topics: [{ name: topic, partitionOffsets: [{ partition, offset: BigInt(offset) }] }],
      }),
    async send(o) {
      await producer.send(messagesOf(o))
    },
    async transaction(o) {
      const transactional = transactionalOf(o.transactionalId)
      const transaction = await transactional.beginTransaction()
      await transaction.send(messagesOf(o))
      if (o.offsets) {
        // It takes offsets by messages that a member of the group has got.
        const { group, offsets } = o.offsets
        const consumer = new Consumer({ ...options, ...groupOptions, groupId: group })
        const memberId = await consumer.joinGroup({})
        const { generationId, coordinatorId } = consumer
        await transaction.addConsumer(consumer)
        for (const { topic, partition, offset } of offsets) {
          const metadata = { consumer: { groupId: group, memberId, generationId, coordinatorId } }
          await transaction.addOffset({ topic, partition, offset: BigInt(offset - 1), metadata } as unknown as Message)
        }
        await consumer.close(true)
      }
      await transaction[o.end]()
    },
    async read(topic, { count, isolationLevel }) {
      const reader = await consume(`reader-${randomUUID()}`, topic, isolationLevel === 'read_committed' ? 1 : 0)
      const deadline = AbortSignal.timeout(10_000)
      while ((await reader.seen()).length < count && !deadline.aborted) await new Promise((resolve) => setTimeout(resolve, 10))
      await reader.leave()
      return reader.seen()
    },
    join: (group, topic) => consume(group, topic, 0),
    async close() {
      await Promise.all([admin.close(), producer.close(), ...[...transactionals.values()].map((each) => each.close())])
    },
  }
}
