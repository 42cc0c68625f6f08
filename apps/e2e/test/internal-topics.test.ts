import { randomUUID } from 'node:crypto'
import { Admin } from '@k/admin'
import { Consumer } from '@k/consumer'
import { Cluster } from '@k/network'
import { Producer } from '@k/producer'
import {
  ConsumerGroupHeartbeat,
  decodeAssignment,
  decodeGroupRecord,
  decodeSubscription,
  decodeTransactionRecord,
  type GroupRecord,
  StreamsGroupHeartbeat,
} from '@k/protocol'
import { type KafkaCluster, skipKafka, startKafka } from '@tooling/kafka'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fetchBatches } from '../src/fetch-batches.ts'
import { scratchTopic } from '../src/scratch-topic.ts'

/** The epochs of a member that joins, and of one that leaves. */
const JOIN = 0
const LEAVE = -1

type Decode<T> = (key: Buffer | null, value: Buffer | null) => T | undefined

/** Every record of an internal topic, as it is in the logs of its partitions; one of a kind that is not known fails the test. */
async function recordsOf<T>(bootstrapServers: string, topic: string, decode: Decode<T>): Promise<T[]> {
  await using admin = new Admin({ bootstrapServers })
  const [description] = await admin.describeTopics([topic])
  const records: T[] = []
  for (const { partition } of description!.partitions) {
    for (const batch of await fetchBatches(bootstrapServers, topic, { partition })) {
      batch.ensureValid()
      const reader = await batch.records()
      while (!batch.isControl && reader.next()) {
        const record = decode(reader.key(), reader.value())
        if (record === undefined) throw new Error(`${topic} has a record of a kind that is not known: ${reader.key()?.toString('hex')}`)
        records.push(record)
      }
    }
  }
  return records
}

const ofType = <T extends GroupRecord['type']>(records: readonly GroupRecord[], type: T) =>
  records.filter((record): record is Extract<GroupRecord, { type: T }> => record.type === type)

/**
 * Heartbeats of one member, which tell it its epoch, until the records of its group say that it got the one partition that there is.
 * @returns all records of the group
 */
async function recordsOfMember(
  bootstrapServers: string,
  groupId: string,
  heartbeat: (memberEpoch: number) => Promise<{ readonly errorCode: number; readonly memberEpoch: number }>,
  assignedTo: (records: readonly GroupRecord[]) => readonly { readonly partitions: readonly number[] }[],
): Promise<GroupRecord[]> {
  let epoch = JOIN
  let records: GroupRecord[] = []
  const beat = async () => {
    const { errorCode, memberEpoch } = await heartbeat(epoch)
    if (errorCode === 0) epoch = memberEpoch
    records = (await recordsOf(bootstrapServers, '__consumer_offsets', decodeGroupRecord)).filter(
      ({ key }) => 'groupId' in key && key.groupId === groupId,
    )
    return assignedTo(records).map(({ partitions }) => partitions)
  }
  await expect.poll(beat, { timeout: 20_000 }).toContainEqual([0])
  await heartbeat(LEAVE)
  return records
}

for (const version of ['4.4.0', '4.3.1', '3.9.2', '2.8.2', '1.1.1', '0.11.0.3', '0.10.2.2']) {
  describe.skipIf(await skipKafka({ version, tools: true }))(`the internal topics of Kafka ${version}`, () => {
    let kafka: KafkaCluster
    let bootstrapServers: string

    beforeAll(async () => {
      kafka = await startKafka({ version })
      bootstrapServers = kafka.bootstrapServers
    })
    afterAll(() => kafka?.close())

    it('hold what a consumer committed, and the group that it was a member of', async () => {
      const topic = await scratchTopic(bootstrapServers, { partitions: 2 })
      const group = `group-${randomUUID()}`
      const options = { bootstrapServers, groupId: group, topics: [topic], clientId: 'reader', sessionTimeoutMs: 20_000 }
      const consumer = new Consumer({ ...options, enableAutoCommit: false })
      const reading = consumer[Symbol.asyncIterator]().next()
      await expect.poll(() => consumer.assignment().length, { timeout: 20_000 }).toBe(2)
      const before = BigInt(Date.now())
      await consumer.commit([{ topic, partition: 1, offset: 7, metadata: 'noted' }])
      await consumer.close()
      await reading

      const records = await recordsOf(bootstrapServers, '__consumer_offsets', decodeGroupRecord)
      const [offset] = ofType(records, 'OffsetCommit').filter(({ key }) => key.group === group)
      expect(offset).toMatchObject({ key: { group, topic, partition: 1 }, value: { offset: 7n, metadata: 'noted' } })
      expect(offset?.value?.commitTimestamp).toBeGreaterThanOrEqual(before)

      const groups = ofType(records, 'GroupMetadata').filter(({ key }) => key.group === group)
      const active = groups.find(({ value }) => value?.members.length === 1)?.value
      expect(active).toMatchObject({ protocolType: 'consumer', protocol: 'range', leader: active?.members[0]?.memberId })
      const [member] = active!.members
      expect(member).toMatchObject({ clientId: 'reader', clientHost: '/127.0.0.1', sessionTimeout: 20_000 })
      expect(decodeSubscription(member!.subscription).topics).toEqual([topic])
      expect(decodeAssignment(member!.assignment).assignedPartitions).toEqual([{ topic, partitions: [0, 1] }])
      // Empty again, after the member left.
      expect(groups.at(-1)?.value?.members).toEqual([])
    })

    const transactions = async () => {
      const topic = await scratchTopic(bootstrapServers)
      const transactionalId = `tx-${randomUUID()}`
      const load = ['--topic', topic, '--num-records', '20', '--throughput', '-1', '--record-size', '10']
      const { code, stderr } = await kafka.tool('org.apache.kafka.tools.ProducerPerformance', [
        // So long that the end of the records ends the only transaction.
        ...[...load, '--transactional-id', transactionalId, '--transaction-duration-ms', '60000'],
        ...['--producer-props', `bootstrap.servers=${bootstrapServers}`],
      ])
      expect(code, stderr).toBe(0)
      const statesNow = async () => {
        const records = await recordsOf(bootstrapServers, '__transaction_state', decodeTransactionRecord)
        return records.filter(({ key }) => key.transactionalId === transactionalId).map(({ value }) => value!)
      }
      // Empty, ongoing, prepares to commit, and committed once the markers are written.
      const statuses = async () => (await statesNow()).map(({ transactionStatus }) => transactionStatus)
      await expect.poll(statuses, { timeout: 10_000 }).toEqual([0, 1, 2, 4])
      const states = await statesNow()
      expect(states[0]?.transactionPartitions ?? []).toEqual([])
      expect(states[1]?.transactionPartitions).toEqual([{ topic, partitionIds: [0] }])
      expect(states.every(({ transactionTimeoutMs, producerId }) => transactionTimeoutMs >= 1_000 && producerId >= 0n)).toBe(true)
      const times = states.map(({ transactionLastUpdateTimestampMs }) => Number(transactionLastUpdateTimestampMs))
      expect(times).toEqual(times.toSorted((a, b) => a - b))
    }
    // The first transactions came with 0.11.
    if (version !== '0.10.2.2') it('hold each state of a transaction of the Java client', transactions)
  })
}

describe.skipIf(await skipKafka({ version: '4.3.1', tools: true }))('__consumer_offsets of Kafka 4.3.1', () => {
  let kafka: KafkaCluster
  let bootstrapServers: string
  let topic: string

  beforeAll(async () => {
    kafka = await startKafka({ version: '4.3.1' })
    bootstrapServers = kafka.bootstrapServers
    topic = await scratchTopic(bootstrapServers)
    await using producer = new Producer({ bootstrapServers })
    await producer.send({ topic, value: 'v' })
  })
  afterAll(() => kafka?.close())

  it('holds the groups of the new protocol (KIP-848), and what their regular expressions matched', async () => {
    const groupId = `group-${randomUUID()}`
    const memberId = randomUUID()
    const regex = `${topic.slice(0, -1)}.`
    await using cluster = new Cluster({ bootstrapServers })
    const heartbeat = (memberEpoch: number) => {
      const body = { groupId, memberId, memberEpoch, rebalanceTimeoutMs: 5_000, subscribedTopicRegex: regex, topicPartitions: [] }
      return cluster.request(ConsumerGroupHeartbeat, body, { to: { coordinatorOf: { group: groupId } } })
    }
    const records = await recordsOfMember(bootstrapServers, groupId, heartbeat, (all) =>
      ofType(all, 'ConsumerGroupCurrentMemberAssignment').flatMap(({ value }) => value?.assignedPartitions ?? []),
    )

    const member = { clientHost: '/127.0.0.1', subscribedTopicRegex: regex, rebalanceTimeoutMs: 5_000, classicMemberMetadata: null }
    expect(ofType(records, 'ConsumerGroupMemberMetadata')[0]).toMatchObject({ key: { memberId }, value: member })
    expect(ofType(records, 'ConsumerGroupRegularExpression')[0]).toMatchObject({
      key: { regularExpression: regex },
      value: { topics: [topic] },
    })
    expect(ofType(records, 'ConsumerGroupMetadata').at(-1)?.value?.epoch).toBeGreaterThan(0)
    expect(ofType(records, 'ConsumerGroupTargetAssignmentMetadata').at(-1)?.value?.assignmentEpoch).toBeGreaterThan(0)
    const targets = ofType(records, 'ConsumerGroupTargetAssignmentMember').flatMap(({ value }) => value?.topicPartitions ?? [])
    expect(targets).toContainEqual(expect.objectContaining({ partitions: [0] }))
  })

  it('holds share groups (KIP-932)', async () => {
    const groupId = `share-${randomUUID()}`
    // It waits for records that nobody writes, and ends by its timeout: being a member is enough.
    const args = ['--bootstrap-server', bootstrapServers, '--topic', topic, '--group', groupId, '--timeout-ms', '4000']
    await kafka.tool('org.apache.kafka.tools.consumer.ConsoleShareConsumer', args)
    const records = await recordsOf(bootstrapServers, '__consumer_offsets', decodeGroupRecord)
    const members = ofType(records, 'ShareGroupMemberMetadata').filter(({ key }) => key.groupId === groupId)
    expect(members[0]?.value).toMatchObject({ clientHost: '/127.0.0.1', subscribedTopicNames: [topic] })
    const current = ofType(records, 'ShareGroupCurrentMemberAssignment').filter(({ key }) => key.groupId === groupId)
    expect(current.some(({ value }) => value?.assignedPartitions[0]?.partitions[0] === 0)).toBe(true)
    for (const type of ['ShareGroupMetadata', 'ShareGroupTargetAssignmentMetadata', 'ShareGroupTargetAssignmentMember'] as const) {
      expect(ofType(records, type).some(({ key }) => key.groupId === groupId)).toBe(true)
    }
    const states = ofType(records, 'ShareGroupStatePartitionMetadata').filter(({ key }) => key.groupId === groupId)
    expect(states.flatMap(({ value }) => value?.initializedTopics ?? [])).toContainEqual(
      expect.objectContaining({ topicName: topic, partitions: [0] }),
    )
  })

  it('holds streams groups (KIP-1071)', async () => {
    const groupId = `streams-${randomUUID()}`
    const memberId = randomUUID()
    await using cluster = new Cluster({ bootstrapServers })
    const subtopology = {
      ...{ subtopologyId: '0', sourceTopics: [topic], sourceTopicRegex: [], repartitionSinkTopics: [], repartitionSourceTopics: [] },
      ...{ stateChangelogTopics: [], copartitionGroups: [] },
    }
    const joining = { topology: { epoch: 1, subtopologies: [subtopology] }, processId: 'process-1', rebalanceTimeoutMs: 5_000 }
    const details = { userEndpoint: { host: 'localhost', port: 40_000 }, clientTags: [{ key: 'zone', value: 'a' }] }
    const nothing = { activeTasks: [], standbyTasks: [], warmupTasks: [] }
    const heartbeat = (memberEpoch: number) => {
      const body = {
        groupId,
        memberId,
        memberEpoch,
        endpointInformationEpoch: -1,
        ...nothing,
        ...(memberEpoch === JOIN && { ...joining, ...details }),
      }
      return cluster.request(StreamsGroupHeartbeat, body, { to: { coordinatorOf: { group: groupId } } })
    }
    const records = await recordsOfMember(bootstrapServers, groupId, heartbeat, (all) =>
      ofType(all, 'StreamsGroupCurrentMemberAssignment').flatMap(({ value }) => value?.activeTasks ?? []),
    )

    expect(ofType(records, 'StreamsGroupMemberMetadata')[0]).toMatchObject({
      key: { memberId },
      value: { clientHost: '/127.0.0.1', processId: 'process-1', topologyEpoch: 1, ...details },
    })
    expect(ofType(records, 'StreamsGroupTopology')[0]?.value).toEqual({ epoch: 1, subtopologies: [subtopology] })
    expect(ofType(records, 'StreamsGroupMetadata').at(-1)?.value?.epoch).toBeGreaterThan(0)
    expect(ofType(records, 'StreamsGroupTargetAssignmentMetadata').at(-1)?.value?.assignmentEpoch).toBeGreaterThan(0)
    const targets = ofType(records, 'StreamsGroupTargetAssignmentMember').flatMap(({ value }) => value?.activeTasks ?? [])
    expect(targets).toContainEqual({ subtopologyId: '0', partitions: [0] })
  })
})
