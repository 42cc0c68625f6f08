import { CreatePartitions, type CreatePartitionsRequest, DescribeTopicPartitions } from '@k/protocol'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FakeCluster } from '../../src/index.ts'
import { nameOf } from '../support/codes.ts'
import { batchOf, RawClient } from '../support/raw-client.ts'
import { leadersOf, produce } from '../support/requests.ts'

describe('CreatePartitions', () => {
  let kafka: FakeCluster
  let client: RawClient
  beforeEach(async () => {
    kafka = await FakeCluster.start({ tcp: false, brokers: 3, topics: { t: { numPartitions: 2, replicationFactor: 2 } } })
    client = await RawClient.connect(kafka, 2)
  })
  afterEach(async () => {
    await kafka.close()
    expect(kafka.failures).toEqual([])
  })

  const add = async (topics: readonly CreatePartitionsRequest['topics'][number][], { version = 3, validateOnly = false } = {}) => {
    const { results } = await client.request(CreatePartitions, version, { topics, timeoutMs: 1, validateOnly })
    return results.map(({ name, errorCode, errorMessage }) => `${name} ${nameOf(errorCode)} ${errorMessage}`)
  }

  it.each([0, 1, 2, 3])('gives a topic more partitions in version %i', async (version) => {
    expect(await add([{ name: 't', count: 4, assignments: null }], { version })).toEqual(['t NONE null'])
    expect(await leadersOf(client, 't')).toEqual([1, 2, 3, 1])
    const leader = await RawClient.connect(kafka, 3)
    expect((await produce(leader, 't', 2, batchOf(['x']))).errorCode).toBe(0)
  })

  it('puts them on the brokers that are named', async () => {
    expect(await add([{ name: 't', count: 3, assignments: [{ brokerIds: [3, 2] }] }])).toEqual(['t NONE null'])
    expect(await leadersOf(client, 't')).toEqual([1, 2, 3])
  })

  it('only looks where it is told so', async () => {
    expect(await add([{ name: 't', count: 3, assignments: null }], { validateOnly: true })).toEqual(['t NONE null'])
    expect(await leadersOf(client, 't')).toHaveLength(2)
  })

  it.each<[string, number, number[][] | null]>([
    ['INVALID_PARTITIONS Topic already has 2 partition(s).', 2, null],
    ['INVALID_PARTITIONS The topic t currently has 2 partition(s); 1 would not be an increase.', 1, null],
    ['INVALID_PARTITIONS The topic t currently has 2 partition(s); -1 would not be an increase.', -1, null],
    [
      'INVALID_REPLICA_ASSIGNMENT Attempted to add 1 additional partition(s), but only 2 assignment(s) were specified.',
      3,
      [
        [1, 2],
        [2, 3],
      ],
    ],
    ['INVALID_REPLICA_ASSIGNMENT Attempted to add 1 additional partition(s), but only 0 assignment(s) were specified.', 3, []],
    ['INVALID_REPLICA_ASSIGNMENT The manual partition assignment includes broker 9, but no such broker is registered.', 3, [[9, 1]]],
    ['INVALID_REPLICA_ASSIGNMENT The manual partition assignment includes an empty replica list.', 3, [[]]],
    ['INVALID_REPLICA_ASSIGNMENT The manual partition assignment includes the broker 1 more than once.', 3, [[1, 1]]],
    ['INVALID_REPLICA_ASSIGNMENT The manual partition assignment includes a partition with 1 replica(s), but', 3, [[1]]],
  ])('refuses with %s', async (expected, count, assignments) => {
    const [answer] = await add([{ name: 't', count, assignments: assignments?.map((brokerIds) => ({ brokerIds })) ?? null }])
    expect(answer).toContain(`t ${expected}`)
    expect(await leadersOf(client, 't')).toHaveLength(2)
  })

  it('is what a test can do itself', async () => {
    kafka.createPartitions('t', 3)
    expect(await leadersOf(client, 't')).toEqual([1, 2, 3])
    expect(() => kafka.createPartitions('t', 3)).toThrow(/already has 3/)
    expect(() => kafka.createPartitions('nope', 3)).toThrow(/no topic nope/)
  })

  it('knows topics that are not there, or there twice', async () => {
    const more = { count: 3, assignments: null }
    expect(await add([{ name: 'nope', ...more }])).toEqual(['nope UNKNOWN_TOPIC_OR_PARTITION null'])
    expect(
      await add([
        { name: 't', ...more },
        { name: 't', ...more },
      ]),
    ).toEqual(['t INVALID_REQUEST Duplicate topic name.'])
  })
})

describe('DescribeTopicPartitions', () => {
  let kafka: FakeCluster
  let client: RawClient
  beforeEach(async () => {
    kafka = await FakeCluster.start({ tcp: false, brokers: 2, topics: { b: 3, a: 2 } })
    client = await RawClient.connect(kafka, 1)
  })
  afterEach(async () => {
    await kafka.close()
    expect(kafka.failures).toEqual([])
  })

  const ask = async (
    names: string[],
    responsePartitionLimit = 2000,
    cursor: { topicName: string; partitionIndex: number } | null = null,
  ) => {
    const { topics, nextCursor } = await client.request(DescribeTopicPartitions, 0, {
      topics: names.map((name) => ({ name })),
      responsePartitionLimit,
      cursor,
    })
    const found = topics.map(({ name, errorCode, partitions }) => {
      return `${name} ${errorCode === 0 ? partitions.map(({ partitionIndex }) => partitionIndex) : nameOf(errorCode)}`
    })
    return [found, nextCursor === null ? null : `${nextCursor.topicName} ${nextCursor.partitionIndex}`]
  }

  it('tells of topics in the order of their names', async () => {
    expect(await ask([])).toEqual([['a 0,1', 'b 0,1,2'], null])
    expect(await ask(['b', 'nope', 'a', 'a', 'x y'])).toEqual([
      ['a 0,1', 'b 0,1,2', 'nope UNKNOWN_TOPIC_OR_PARTITION', 'x y INVALID_TOPIC_EXCEPTION'],
      null,
    ])
    const { topics } = await client.request(DescribeTopicPartitions, 0, { topics: [{ name: 'b' }] })
    expect(topics[0]).toMatchObject({ topicAuthorizedOperations: 3576 })
    const [partition] = topics[0]!.partitions
    expect(partition).toMatchObject({ leaderId: 1, leaderEpoch: 0, replicaNodes: [1, 2], isrNodes: [1, 2], offlineReplicas: [] })
    expect(partition).toMatchObject({ eligibleLeaderReplicas: [], lastKnownElr: [] })
  })

  it('tells page by page', async () => {
    expect(await ask([], 3)).toEqual([['a 0,1', 'b 0'], 'b 1'])
    expect(await ask([], 3, { topicName: 'b', partitionIndex: 1 })).toEqual([['b 1,2'], null])
    expect(await ask(['a', 'b'], 2)).toEqual([['a 0,1'], 'b 0'])
    expect(await ask(['a'], 0)).toEqual([['a 0'], 'a 1'])
    expect(await ask(['a', 'z'], 2)).toEqual([['a 0,1'], 'z 0'])
  })

  it('refuses a cursor that leads nowhere', async () => {
    expect(await ask(['a'], 10, { topicName: 'b', partitionIndex: 0 })).toEqual([['a INVALID_REQUEST'], null])
    expect(await ask(['a'], 10, { topicName: 'a', partitionIndex: -1 })).toEqual([['a INVALID_REQUEST'], null])
  })
})
