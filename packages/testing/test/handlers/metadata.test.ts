import { Metadata, ZERO_UUID } from '@k/protocol'
import { afterEach, describe, expect, it } from 'vitest'
import { FakeCluster, type FakeClusterOptions } from '../../src/index.ts'
import { nameOf } from '../support/codes.ts'
import { RawClient } from '../support/raw-client.ts'

const UNKNOWN_ID = 'AAAAAAAAAAAAAAAAAAAABA'
const byName = (name: string | null) => ({ topicId: ZERO_UUID, name })

describe('Metadata', () => {
  let kafka: FakeCluster
  afterEach(() => kafka.close())

  async function start(options: FakeClusterOptions = {}): Promise<RawClient> {
    kafka = await FakeCluster.start({ tcp: false, brokers: 3, racks: ['a', 'b', 'c'], topics: { orders: 4, events: 1 }, ...options })
    return RawClient.connect(kafka)
  }

  it('tells of brokers, leaders, replicas and epochs', async () => {
    const client = await start()
    const response = await client.request(Metadata, 13, { topics: [byName('orders')] })
    expect(response.brokers.map(({ nodeId, rack }) => [nodeId, rack])).toEqual([
      [1, 'a'],
      [2, 'b'],
      [3, 'c'],
    ])
    expect([response.clusterId, response.controllerId, response.errorCode]).toEqual([kafka.clusterId, 1, 0])
    const [topic] = response.topics
    expect(topic).toMatchObject({ errorCode: 0, name: 'orders', isInternal: false })
    expect(topic!.topicId).toMatch(/^[\w-]{22}$/)
    expect(
      topic!.partitions.map(({ leaderId, leaderEpoch, replicaNodes, isrNodes }) => [leaderId, leaderEpoch, replicaNodes, isrNodes]),
    ).toEqual([
      [1, 0, [1, 2, 3], [1, 2, 3]],
      [2, 0, [2, 3, 1], [2, 3, 1]],
      [3, 0, [3, 1, 2], [3, 1, 2]],
      [1, 0, [1, 2, 3], [1, 2, 3]],
    ])
  })

  it.each([0, 1, 4, 8, 13])('takes "all topics" and "no topics" for what version %i means', async (version) => {
    const client = await start()
    const all = await client.request(Metadata, version, { topics: version === 0 ? [] : null })
    expect(all.topics.map(({ name }) => name)).toEqual(['orders', 'events'])
    if (version > 0) expect((await client.request(Metadata, version, { topics: [] })).topics).toEqual([])
  })

  it('finds topics by id', async () => {
    const client = await start()
    const known = await client.request(Metadata, 12, { topics: [byName('orders')] })
    const { topicId } = known.topics[0]!
    const { topics } = await client.request(Metadata, 12, {
      topics: [
        { topicId, name: null },
        { topicId: UNKNOWN_ID, name: null },
      ],
    })
    expect(topics.map((topic) => [topic.name, nameOf(topic.errorCode)])).toEqual([
      ['orders', 'NONE'],
      [null, 'UNKNOWN_TOPIC_ID'],
    ])
  })

  it('says of each topic what is wrong with it', async () => {
    const client = await start()
    const { topics } = await client.request(Metadata, 9, {
      topics: [byName('nope'), byName('a b'), byName(''), byName('orders'), byName('nope')],
    })
    expect(topics.map((topic) => [topic.name, nameOf(topic.errorCode)])).toEqual([
      ['nope', 'UNKNOWN_TOPIC_OR_PARTITION'],
      ['a b', 'INVALID_TOPIC_EXCEPTION'],
      ['', 'INVALID_TOPIC_EXCEPTION'],
      ['orders', 'NONE'],
    ])
  })

  it.each([
    [10, 'INVALID_REQUEST'],
    [12, 'UNKNOWN_SERVER_ERROR'],
  ])('fails as a whole in version %i for a topic with neither name nor id', async (version, code) => {
    const client = await start()
    const response = await client.request(Metadata, version, { topics: [byName(null)] })
    expect([nameOf(response.topics[0]!.errorCode), response.brokers]).toEqual([code, []])
  })

  it("has room at the top for what is no topic's error, since version 13, and for nothing else", async () => {
    const client = await start()
    const codes = async (code: 'REBOOTSTRAP_REQUIRED' | 'LEADER_NOT_AVAILABLE' | 'UNKNOWN_TOPIC_OR_PARTITION', version: number) => {
      kafka.on(Metadata).once().fail(code)
      const { errorCode, topics } = await client.request(Metadata, version, { topics: [byName('orders')] })
      return [nameOf(errorCode), nameOf(topics[0]!.errorCode)]
    }
    expect(await codes('REBOOTSTRAP_REQUIRED', 13)).toEqual(['REBOOTSTRAP_REQUIRED', 'REBOOTSTRAP_REQUIRED'])
    expect(await codes('LEADER_NOT_AVAILABLE', 13)).toEqual(['NONE', 'LEADER_NOT_AVAILABLE'])
    expect(await codes('UNKNOWN_TOPIC_OR_PARTITION', 13)).toEqual(['NONE', 'UNKNOWN_TOPIC_OR_PARTITION'])
    expect(await codes('LEADER_NOT_AVAILABLE', 12)).toEqual(['NONE', 'LEADER_NOT_AVAILABLE'])
  })

  it('creates a topic that is asked for only where the cluster and the client both want it', async () => {
    const client = await start({ autoCreateTopics: true, defaultPartitions: 2 })
    const ask = async (name: string, allowAutoTopicCreation: boolean) => {
      const { topics } = await client.request(Metadata, 9, { topics: [byName(name)], allowAutoTopicCreation })
      return [nameOf(topics[0]!.errorCode), topics[0]!.partitions.length]
    }
    expect(await ask('unwanted', false)).toEqual(['UNKNOWN_TOPIC_OR_PARTITION', 0])
    expect(await ask('unwanted', false)).toEqual(['UNKNOWN_TOPIC_OR_PARTITION', 0])
    expect(await ask('wanted', true)).toEqual(['UNKNOWN_TOPIC_OR_PARTITION', 0])
    expect(await ask('wanted', true)).toEqual(['NONE', 2])
  })

  it('creates nothing by itself', async () => {
    const client = await start()
    await client.request(Metadata, 9, { topics: [byName('wanted')], allowAutoTopicCreation: true })
    const { topics } = await client.request(Metadata, 9, { topics: [byName('wanted')] })
    expect(nameOf(topics[0]!.errorCode)).toBe('UNKNOWN_TOPIC_OR_PARTITION')
  })

  it('tells which operations are allowed where it is asked', async () => {
    const client = await start()
    const asked = { includeTopicAuthorizedOperations: true }
    const { topics, clusterAuthorizedOperations } = await client.request(Metadata, 10, {
      topics: [byName('orders')],
      ...asked,
      includeClusterAuthorizedOperations: true,
    })
    expect([topics[0]!.topicAuthorizedOperations, clusterAuthorizedOperations]).toEqual([0xdf8, 0x1fa0])
    const unasked = await client.request(Metadata, 10, { topics: [byName('orders')] })
    expect([unasked.topics[0]!.topicAuthorizedOperations, unasked.clusterAuthorizedOperations]).toEqual([-2147483648, -2147483648])
  })

  it.each([10, 11])('takes no ids in version %i, though it has a place for them', async (version) => {
    const client = await start()
    const known = await client.request(Metadata, 12, { topics: [byName('orders')] })
    const { topicId } = known.topics[0]!
    const response = await client.request(Metadata, version, { topics: [{ topicId, name: 'orders' }] })
    expect([response.brokers, response.topics.map(({ errorCode }) => nameOf(errorCode))]).toEqual([[], ['INVALID_REQUEST']])
  })
})
