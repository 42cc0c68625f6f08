import { CreateTopics, type CreateTopicsRequest, DeleteTopics, Metadata, ZERO_UUID } from '@k/protocol'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FakeCluster } from '../../src/index.ts'
import { nameOf } from '../support/codes.ts'
import { batchOf, RawClient } from '../support/raw-client.ts'
import { commit, produce } from '../support/requests.ts'

type TopicAsked = Partial<CreateTopicsRequest['topics'][number]> & { name: string }

describe('topics', () => {
  let kafka: FakeCluster
  let client: RawClient
  beforeEach(async () => {
    kafka = await FakeCluster.start({ tcp: false, brokers: 3, defaultPartitions: 4 })
    client = await RawClient.connect(kafka, 3)
  })
  afterEach(async () => {
    await kafka.close()
    expect(kafka.failures).toEqual([])
  })

  const create = (topics: TopicAsked[], version = 7, validateOnly = false) => {
    const asked = topics.map((topic) => ({ numPartitions: -1, replicationFactor: -1, assignments: [], configs: [], ...topic }))
    return client.request(CreateTopics, version, { topics: asked, validateOnly })
  }
  const codeOf = async (...topics: TopicAsked[]) => {
    const response = await create(topics)
    return response.topics.map(({ errorCode }) => nameOf(errorCode)).join(' ')
  }
  const described = async (name: string) => (await client.request(Metadata, 12, { topics: [{ topicId: ZERO_UUID, name }] })).topics[0]!

  describe('are created', () => {
    it.each([2, 3, 4, 5, 6, 7])('in version %i', async (version) => {
      const { topics } = await create([{ name: 'a', numPartitions: 2, replicationFactor: 2 }], version)
      expect(topics).toMatchObject([{ name: 'a', errorCode: 0, errorMessage: null }])
      if (version >= 5) expect(topics[0]).toMatchObject({ numPartitions: 2, replicationFactor: 2 })
      const topic = await described('a')
      if (version >= 7) expect(topics[0]!.topicId).toBe(topic.topicId)
      expect(topic.partitions.map(({ replicaNodes }) => replicaNodes)).toEqual([
        [1, 2],
        [2, 3],
      ])
    })

    it('as the cluster has it where nothing is said', async () => {
      const { topics } = await create([{ name: 'a' }])
      expect(topics[0]).toMatchObject({ numPartitions: 4, replicationFactor: 3 })
    })

    it('with all their configs told, and where each comes from', async () => {
      const { topics } = await create([{ name: 'a', configs: [{ name: 'retention.ms', value: '1000' }] }])
      const configs = new Map(topics[0]!.configs!.map(({ name, value, configSource }) => [name, [value, configSource]]))
      expect(configs.size).toBe(33)
      expect(configs.get('retention.ms')).toEqual(['1000', 1])
      expect(configs.get('cleanup.policy')).toEqual(['delete', 5])
      expect(configs.get('min.insync.replicas')).toEqual(['1', 3])
    })

    it('on the brokers that are named', async () => {
      const assignments = [
        { partitionIndex: 1, brokerIds: [3, 1] },
        { partitionIndex: 0, brokerIds: [2, 3] },
      ]
      expect(await codeOf({ name: 'a', assignments })).toBe('NONE')
      expect((await described('a')).partitions.map(({ leaderId, replicaNodes }) => [leaderId, replicaNodes])).toEqual([
        [2, [2, 3]],
        [3, [3, 1]],
      ])
    })

    it('not at all where they are only to be checked', async () => {
      expect((await create([{ name: 'a' }], 7, true)).topics[0]).toMatchObject({ errorCode: 0, numPartitions: 4 })
      expect(nameOf((await described('a')).errorCode)).toBe('UNKNOWN_TOPIC_OR_PARTITION')
    })

    it('each for itself', async () => {
      expect(await codeOf({ name: 'a' }, { name: 'b c' }, { name: 'd' })).toBe('NONE INVALID_TOPIC_EXCEPTION NONE')
    })

    it.each<[string, string, TopicAsked]>([
      ['without a name', 'INVALID_TOPIC_EXCEPTION', { name: '' }],
      ['with a name that is too long', 'INVALID_TOPIC_EXCEPTION', { name: 'x'.repeat(250) }],
      ['named with a dot alone', 'INVALID_TOPIC_EXCEPTION', { name: '.' }],
      ['with a name like another', 'INVALID_TOPIC_EXCEPTION', { name: 'old_one' }],
      ['that is there', 'TOPIC_ALREADY_EXISTS', { name: 'old.one' }],
      ['with no partitions', 'INVALID_PARTITIONS', { name: 'a', numPartitions: 0 }],
      ['with no replicas', 'INVALID_REPLICATION_FACTOR', { name: 'a', replicationFactor: 0 }],
      ['with more replicas than brokers', 'INVALID_REPLICATION_FACTOR', { name: 'a', replicationFactor: 4 }],
      ['with a config that is none', 'INVALID_CONFIG', { name: 'a', configs: [{ name: 'toString', value: '1' }] }],
      ['with a config that is null', 'INVALID_CONFIG', { name: 'a', configs: [{ name: 'retention.ms', value: null }] }],
      ['with a number that is none', 'INVALID_CONFIG', { name: 'a', configs: [{ name: 'retention.ms', value: '1.5' }] }],
      ['with a number that is too small', 'INVALID_CONFIG', { name: 'a', configs: [{ name: 'max.message.bytes', value: '-1' }] }],
      ['with a number that is too large', 'INVALID_CONFIG', { name: 'a', configs: [{ name: 'min.cleanable.dirty.ratio', value: '2' }] }],
      ['with a word that is none', 'INVALID_CONFIG', { name: 'a', configs: [{ name: 'message.timestamp.type', value: 'Never' }] }],
      ['with a list that has such a word', 'INVALID_CONFIG', { name: 'a', configs: [{ name: 'cleanup.policy', value: 'delete,x' }] }],
      ['with a boolean that is none', 'INVALID_CONFIG', { name: 'a', configs: [{ name: 'preallocate', value: 'maybe' }] }],
      [
        'with assignments and a number',
        'INVALID_REQUEST',
        { name: 'a', numPartitions: 1, assignments: [{ partitionIndex: 0, brokerIds: [1] }] },
      ],
      [
        'with assignments and a factor',
        'INVALID_REQUEST',
        { name: 'a', replicationFactor: 1, assignments: [{ partitionIndex: 0, brokerIds: [1] }] },
      ],
      ['with a partition left out', 'INVALID_REPLICA_ASSIGNMENT', { name: 'a', assignments: [{ partitionIndex: 1, brokerIds: [1] }] }],
      ['on a broker that is not', 'INVALID_REPLICA_ASSIGNMENT', { name: 'a', assignments: [{ partitionIndex: 0, brokerIds: [9] }] }],
      ['on a broker twice', 'INVALID_REPLICA_ASSIGNMENT', { name: 'a', assignments: [{ partitionIndex: 0, brokerIds: [1, 1] }] }],
      ['on no broker', 'INVALID_REPLICA_ASSIGNMENT', { name: 'a', assignments: [{ partitionIndex: 0, brokerIds: [] }] }],
      [
        'with a partition twice',
        'INVALID_REPLICA_ASSIGNMENT',
        {
          name: 'a',
          assignments: [
            { partitionIndex: 0, brokerIds: [1] },
            { partitionIndex: 0, brokerIds: [2] },
          ],
        },
      ],
      [
        'with as many replicas here as there',
        'INVALID_REPLICA_ASSIGNMENT',
        {
          name: 'a',
          assignments: [
            { partitionIndex: 0, brokerIds: [1, 2] },
            { partitionIndex: 1, brokerIds: [2] },
          ],
        },
      ],
    ])('never %s', async (_, code, topic) => {
      await kafka.createTopic('old.one')
      const { topics } = await create([topic])
      expect(topics.map(({ errorCode }) => nameOf(errorCode))).toEqual([code])
      expect(topics[0]!.errorMessage).toMatch(/\w+ \w+/)
    })

    it('never twice in one request', async () => {
      const { topics } = await create([{ name: 'a' }, { name: 'b' }, { name: 'a' }])
      expect(topics.map(({ name, errorCode }) => `${name} ${nameOf(errorCode)}`)).toEqual(['b NONE', 'a INVALID_REQUEST'])
      expect(nameOf((await described('a')).errorCode)).toBe('UNKNOWN_TOPIC_OR_PARTITION')
    })
  })

  describe('are deleted', () => {
    const remove = async (version: number, ...topics: { name: string | null; topicId?: string }[]) => {
      const asked = topics.map(({ name, topicId = ZERO_UUID }) => ({ name, topicId }))
      const names = topics.map(({ name }) => name ?? '')
      const { responses } = await client.request(DeleteTopics, version, {
        timeoutMs: 1,
        ...(version >= 6 ? { topics: asked } : { topicNames: names }),
      })
      return responses.map(({ name, errorCode }) => `${name} ${nameOf(errorCode)}`)
    }

    it.each([1, 2, 3, 4, 5, 6])('by name in version %i', async (version) => {
      await kafka.createTopic('a')
      await kafka.createTopic('b')
      expect(await remove(version, { name: 'a' }, { name: 'nope' })).toEqual(['a NONE', 'nope UNKNOWN_TOPIC_OR_PARTITION'])
      expect(nameOf((await described('a')).errorCode)).toBe('UNKNOWN_TOPIC_OR_PARTITION')
      expect(await remove(version, { name: 'b' }, { name: 'b' })).toEqual(['b INVALID_REQUEST'])
      expect((await described('b')).errorCode).toBe(0)
    })

    it('by id', async () => {
      await kafka.createTopic('a')
      const { topicId } = await described('a')
      expect(await remove(6, { name: null, topicId })).toEqual(['a NONE'])
      expect(await remove(6, { name: null, topicId })).toEqual(['null UNKNOWN_TOPIC_ID'])
      expect(await remove(6, { name: 'a', topicId }, { name: null })).toEqual(['a INVALID_REQUEST', 'null INVALID_REQUEST'])
    })

    it('not at all where one is meant by name and by id', async () => {
      await kafka.createTopic('a')
      const { topicId } = await described('a')
      expect(await remove(6, { name: null, topicId }, { name: 'a' })).toEqual(['a INVALID_REQUEST'])
      expect((await described('a')).errorCode).toBe(0)
    })

    it('with everything that was in them, and come back as others', async () => {
      await kafka.createTopic('a', { numPartitions: 1 })
      const before = await described('a')
      const leader = await RawClient.connect(kafka, before.partitions[0]!.leaderId)
      await produce(leader, 'a', 0, batchOf(['x']))
      const coordinator = await RawClient.connect(kafka, kafka.coordinatorOf('g'))
      expect(await commit(coordinator, 'g', 'a', 0, 1)).toBe(0)
      expect(await remove(6, { name: 'a' })).toEqual(['a NONE'])
      await kafka.createTopic('a', { numPartitions: 1 })
      expect((await described('a')).topicId).not.toBe(before.topicId)
      expect([kafka.records('a'), kafka.committed('g')]).toEqual([[], []])
    })
  })
})
