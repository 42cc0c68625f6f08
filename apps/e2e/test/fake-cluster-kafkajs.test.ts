import { Produce } from '@k/protocol'
import { FakeCluster } from '@k/testing'
import { type Admin, CompressionTypes, type Consumer, Kafka, logLevel, Partitioners, type Producer } from 'kafkajs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

// A client that knows nothing of this project judges the in-process cluster, over TCP.
describe('kafkajs on FakeCluster', () => {
  let kafka: FakeCluster
  let client: Kafka
  let admin: Admin
  let producer: Producer
  let consumers: Consumer[]

  beforeEach(async () => {
    kafka = await FakeCluster.start({ brokers: 3 })
    client = new Kafka({
      clientId: 'judge',
      brokers: kafka.bootstrapServers.split(','),
      logLevel: logLevel.NOTHING,
      retry: { initialRetryTime: 20 },
    })
    admin = client.admin()
    producer = client.producer({ idempotent: true, maxInFlightRequests: 1, createPartitioner: Partitioners.DefaultPartitioner })
    consumers = []
    await admin.connect()
    await producer.connect()
    await admin.createTopics({ topics: [{ topic: 'orders', numPartitions: 3, replicationFactor: 3 }], waitForLeaders: true })
  })
  afterEach(async () => {
    await Promise.all([admin.disconnect(), producer.disconnect(), ...consumers.map((consumer) => consumer.disconnect())])
    await kafka.close()
    expect(kafka.failures).toEqual([])
  })

  /** Joins the group `g` and notes what it gets. */
  async function consume(seen: string[]): Promise<Consumer> {
    const consumer = client.consumer({ groupId: 'g', heartbeatInterval: 100, sessionTimeout: 6000, maxWaitTimeInMs: 100 })
    consumers.push(consumer)
    await consumer.connect()
    await consumer.subscribe({ topic: 'orders', fromBeginning: true })
    await consumer.run({
      autoCommitThreshold: 1,
      eachMessage: async ({ partition, message }) => void seen.push(`${partition}:${message.offset}:${message.key}=${message.value}`),
    })
    return consumer
  }

  async function produce(from: number, to: number): Promise<void> {
    const messages = Array.from({ length: to - from }, (_, i) => ({ key: `${from + i}`, value: `v${from + i}` }))
    await producer.send({ topic: 'orders', messages })
  }

  const valuesOf = (seen: readonly string[]) => [...new Set(seen.map((line) => line.split('=')[1]))].length

  it('administers topics', async () => {
    expect(await admin.listTopics()).toEqual(['orders'])
    const { topics } = await admin.fetchTopicMetadata({ topics: ['orders'] })
    expect(topics[0]?.partitions.map(({ leader, isr }) => [leader, isr.length])).toEqual([
      [1, 3],
      [2, 3],
      [3, 3],
    ])
    const { brokers, controller, clusterId } = await admin.describeCluster()
    expect([brokers.length, controller, clusterId]).toEqual([3, 1, kafka.clusterId])
    await expect(admin.createTopics({ topics: [{ topic: 'bad name' }] })).rejects.toThrow()
    await admin.deleteTopics({ topics: ['orders'] })
    expect(await admin.listTopics()).toEqual([])
  })

  it('produces what is then read as it was: keys, headers, nulls, timestamps, gzip', async () => {
    const timestamp = '1700000000000'
    const sent = await producer.send({
      topic: 'orders',
      compression: CompressionTypes.GZIP,
      messages: [
        { key: 'k', value: 'v', headers: { name: 'header', raw: Buffer.from([1, 2]) }, timestamp, partition: 1 },
        { key: 'gone', value: null, timestamp, partition: 1 },
      ],
    })
    expect(sent).toMatchObject([{ partition: 1, errorCode: 0, baseOffset: '0' }])
    const [first, second] = kafka.records('orders')
    expect([String(first?.key), String(first?.value), first?.timestamp, first?.partition]).toEqual(['k', 'v', 1_700_000_000_000, 1])
    expect(first?.headers).toEqual([
      ['name', Buffer.from('header')],
      ['raw', Buffer.from([1, 2])],
    ])
    expect([String(second?.key), second?.value]).toEqual(['gone', null])
    const seen: string[] = []
    await consume(seen)
    await kafka.until(() => seen.length === 2)
    expect(seen).toEqual(['1:0:k=v', '1:1:gone=null'])
  })

  it('shares a topic in a group, through rebalances, and commits', async () => {
    const seen: string[] = []
    await consume(seen)
    await produce(0, 300)
    await kafka.until(() => valuesOf(seen) === 300, { timeoutMs: 20_000 })
    const second = await consume(seen)
    await produce(300, 600)
    await kafka.until(() => valuesOf(seen) === 600, { timeoutMs: 20_000 })
    await second.disconnect()
    await produce(600, 900)
    await kafka.until(() => valuesOf(seen) === 900, { timeoutMs: 20_000 })
    const committedOf = () => kafka.committed('g').reduce((sum, { offset }) => sum + offset, 0)
    await kafka.until(() => committedOf() === 900, { timeoutMs: 20_000 })
    const offsets = await admin.fetchOffsets({ groupId: 'g', topics: ['orders'] })
    const total = offsets[0]?.partitions.reduce((sum, { offset }) => sum + Number(offset), 0)
    expect(total).toBe(900)
    const ends = await admin.fetchTopicOffsets('orders')
    expect(ends.reduce((sum, { high }) => sum + Number(high), 0)).toBe(900)
  }, 60_000)

  it('goes on when leaders move, answers are lost and a broker dies', async () => {
    const seen: string[] = []
    await consume(seen)
    // One partition: when a leader moves to a broker that has already answered for others, kafkajs drops what it should send again.
    const send = (value: string) => producer.send({ topic: 'orders', messages: [{ key: 'k', value, partition: 0 }] })
    await send('before')
    kafka.moveLeader({ topic: 'orders', partition: 0 }, 2)
    await send('moved')
    kafka.on(Produce).once().disconnect({ afterWork: true })
    await send('answer lost')
    kafka.on(Produce).once().fail('NOT_ENOUGH_REPLICAS')
    await send('refused once')
    await kafka.broker(2).kill()
    await send('broker killed')
    await kafka.until(() => valuesOf(seen) === 5, { timeoutMs: 30_000 })
    // The batch whose answer was lost came again, and was known.
    expect(kafka.records('orders').map(({ value }) => `${value}`)).toEqual([
      'before',
      'moved',
      'answer lost',
      'refused once',
      'broker killed',
    ])
  }, 60_000)
})
