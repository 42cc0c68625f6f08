import { Fetch, Heartbeat, JoinGroup, LeaveGroup, Metadata, OffsetFetch } from '@k/protocol'
import { FakeCluster } from '@k/testing'
import { describe, expect, expectTypeOf, it, onTestFinished } from 'vitest'
import {
  type Assignor,
  Consumer,
  jsonDeserializer,
  plain,
  type RebalanceListener,
  range,
  stringDeserializer,
  TopicPartitionMap,
} from '../src/index.ts'
import { resolveSettings } from '../src/options.ts'
import { follow, numbered, Rig, take } from './support/rig.ts'

// A certificate of localhost and 127.0.0.1, for tests alone: nobody trusts it.
const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg9HLUkI7f1tbgqDyc
HE7M22/vSICmgUu2yGZ6roTHa+2hRANCAARGdQvj/Opqm42BcUtU6jAZdDFZmVVA
SIBo98ux/lQPJOpU7eMG3fyYPLEuUtY1ppAD2LAkszDhi5AZsVboV8t+
-----END PRIVATE KEY-----`
const cert = `-----BEGIN CERTIFICATE-----
MIIBmjCCAUGgAwIBAgIUc5k4/WP5p1dK1/iKh9xOXuFH/XkwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMTA5NDg0OVoYDzIxMjYxMDI4
MDk0ODQ5WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAARGdQvj/Opqm42BcUtU6jAZdDFZmVVASIBo98ux/lQPJOpU7eMG3fyY
PLEuUtY1ppAD2LAkszDhi5AZsVboV8t+o28wbTAdBgNVHQ4EFgQUemCYEIwZerwR
EPsZHE+/NZzvtYkwHwYDVR0jBBgwFoAUemCYEIwZerwREPsZHE+/NZzvtYkwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDRwAwRAIgXqbBg7l9+eGRQy/aU/5xmadSoxSsKV3FhJ1Egvbt6f4CICDL
Ahc1f9zF0rk9qYtI3NXLGb7qlBGC6Yqh0Bc4ol5s
-----END CERTIFICATE-----`
const bob = { username: 'bob', password: 'pencil' }
const tp = (partition = 0, topic = 'orders') => ({ topic, partition })

async function filled(count = 10, topics: Record<string, number> = { orders: 1 }): Promise<Rig> {
  const rig = await Rig.start({ topics })
  for (const [topic, partitions] of Object.entries(topics)) {
    for (let partition = 0; partition < partitions; partition++) await rig.writer.writeMany(topic, partition, count)
  }
  return rig
}

describe('a consumer', () => {
  it('has the defaults of the Java client, the assignors excepted', () => {
    const { assignors, ...settings } = resolveSettings({ groupId: 'g' })
    expect(settings).toMatchObject({
      autoOffsetReset: 'latest',
      enableAutoCommit: true,
      autoCommitIntervalMs: 5_000,
      sessionTimeoutMs: 45_000,
      heartbeatIntervalMs: 3_000,
      maxPollIntervalMs: 300_000,
      maxPollRecords: 500,
      fetchMinBytes: 1,
      fetchMaxWaitMs: 500,
      fetchMaxBytes: 52_428_800,
      maxPartitionFetchBytes: 1_048_576,
      checkCrcs: true,
      allowAutoCreateTopics: true,
      clientRack: undefined,
      groupInstanceId: undefined,
    })
    expect(assignors.map(({ name }) => name)).toEqual(['range'])
  })

  it('has options with types: what keys and values become needs a deserializer', () => {
    const options = { bootstrapServers: ['a:1', 'b:2'], groupId: 'g', autoOffsetReset: 'earliest' as const }
    expectTypeOf(new Consumer(options)).toEqualTypeOf<Consumer<Buffer, Buffer>>()
    const typed = new Consumer({ ...options, keyDeserializer: stringDeserializer(), valueDeserializer: jsonDeserializer<{ id: number }>() })
    expectTypeOf(typed).toEqualTypeOf<Consumer<string, { id: number }>>()
    // @ts-expect-error values are Buffers without a valueDeserializer
    new Consumer<Buffer, string>(options)
    // @ts-expect-error there is no such policy
    expect(() => new Consumer({ ...options, autoOffsetReset: 'first' })).toThrow('autoOffsetReset')
  })

  it('refuses a heartbeat that is rarer than its session allows', () => {
    expect(() => new Consumer({ groupId: 'g', heartbeatIntervalMs: 10_000, sessionTimeoutMs: 10_000 })).toThrow('heartbeatIntervalMs')
  })

  it('names itself in every request, to its coordinator too', async () => {
    for (const [options, name] of [
      [{}, '@k/consumer'],
      [{ clientId: 'billing' }, 'billing'],
    ] as const) {
      const rig = await filled()
      rig.kafka.requests.clear()
      const consumer = rig.consumer(options)
      await take(consumer, 3)
      await consumer.close()
      expect(new Set(rig.kafka.requests.list().map(({ clientId }) => clientId))).toEqual(new Set([name]))
      expect(rig.kafka.requests.list(JoinGroup)).not.toEqual([])
    }
  })

  it('asks brokers for what its fetch options say', async () => {
    for (const [options, asked] of [
      [{ fetchMaxWaitMs: undefined }, [500, 1, 1_048_576, 1_048_576]],
      // One partition is never asked for more than its own share.
      [{ fetchMaxWaitMs: 70, fetchMinBytes: 7, maxPartitionFetchBytes: 700 }, [70, 7, 700, 700]],
      [{ fetchMaxWaitMs: 70, fetchMaxBytes: 600, maxPartitionFetchBytes: 700 }, [70, 1, 600, 700]],
    ] as const) {
      const rig = await filled()
      const consumer = rig.loose(options)
      consumer.assign([tp()])
      await take(consumer, 1)
      const [{ body } = expect.unreachable()] = rig.kafka.requests.list(Fetch)
      expect([body.maxWaitMs, body.minBytes, body.maxBytes, body.topics[0]?.partitions[0]?.partitionMaxBytes]).toEqual(asked)
    }
  })

  it('tells its group how long it may be silent, and how long a rebalance waits for it', async () => {
    for (const [options, told] of [
      [{ sessionTimeoutMs: undefined, heartbeatIntervalMs: undefined }, [45_000, 300_000]],
      [{ sessionTimeoutMs: 7_000, maxPollIntervalMs: 9_000 }, [7_000, 9_000]],
    ] as const) {
      const rig = await filled()
      await take(rig.consumer(options), 1)
      const [{ body } = expect.unreachable()] = rig.kafka.requests.list(JoinGroup)
      expect([body.sessionTimeoutMs, body.rebalanceTimeoutMs]).toEqual(told)
    }
  })

  it('sends heartbeats every heartbeatIntervalMs', async () => {
    const rig = await filled()
    const [often, rarely] = [rig.consumer({ heartbeatIntervalMs: 10 }), rig.consumer({ heartbeatIntervalMs: 3_000, groupId: 'h' })]
    for (const consumer of [often, rarely]) follow(consumer)
    await rig.kafka.until(() => rig.kafka.requests.list(Heartbeat).length >= 5)
    expect(new Set(rig.kafka.requests.list(Heartbeat).map(({ body }) => body.groupId))).toEqual(new Set(['g']))
  })

  it('goes on where an answer does not come within requestTimeoutMs', async () => {
    const rig = await filled()
    rig.kafka.on(Fetch).once().delay(60_000)
    expect(await take(rig.consumer({ requestTimeoutMs: 60, fetchMaxWaitMs: 10 }), 3)).toEqual(numbered(3))
  })

  it('begins at the end where nothing says otherwise', async () => {
    const rig = await filled()
    const consumer = rig.loose({ autoOffsetReset: undefined })
    consumer.assign([tp()])
    expect(await consumer.position(tp())).toBe(10)
  })

  it('refuses, by name, options of the clients for asyncio that have nothing to do here', () => {
    for (const option of ['loop', 'consumerTimeoutMs']) expect(() => new Consumer({ [option]: 1 } as never)).toThrow(option)
  })

  it.each([
    ['PLAINTEXT', {}, {}],
    ['SSL', { tls: { key, cert } }, { tls: { ca: cert } }],
    ['SASL_PLAINTEXT', { sasl: { plain: { bob: 'pencil' } } }, { sasl: plain(bob) }],
    ['SASL_SSL', { tls: { key, cert }, sasl: { plain: { bob: 'pencil' } } }, { tls: { ca: cert }, sasl: plain(bob) }],
  ])('reaches a listener that speaks %s', async (_protocol, listener, options) => {
    const kafka = await FakeCluster.start({ topics: { orders: 1 }, ...listener })
    onTestFinished(() => kafka.close())
    const consumer = new Consumer({ bootstrapServers: kafka.bootstrapServers, groupId: 'g', logger: null, ...options })
    onTestFinished(() => consumer.close())
    expect(await consumer.endOffsets([tp()])).toEqual([{ ...tp(), offset: 0 }])
    expect(await consumer.committed([tp()])).toEqual([undefined])
  })

  it('ends its loop, commits, leaves its group and lets go of every connection when it is closed', async () => {
    const rig = await filled()
    const consumer = rig.consumer({ autoCommitIntervalMs: 100_000 })
    const reading = follow(consumer)
    await rig.kafka.until(() => reading.values.length === 10)
    await rig.writer.close()
    await consumer.close()
    await reading.done
    expect(reading.errors).toEqual([])
    expect(rig.kafka.committed('g')).toMatchObject([{ offset: 10 }])
    expect(rig.kafka.requests.list(LeaveGroup)).toHaveLength(1)
    await rig.kafka.until(() => rig.kafka.broker(1).connectionCount === 0)
    await consumer.close()
  })
})

describe('positions', () => {
  it('name the next record: at 5 a consumer has been given 0 to 4', async () => {
    const rig = await filled()
    const consumer = rig.consumer({ enableAutoCommit: false })
    expect(await take(consumer, 5)).toEqual(numbered(5))
    expect(await consumer.position(tp())).toBe(5)
    await consumer.commit()
    expect(await consumer.committed([tp()])).toMatchObject([{ offset: 5 }])
    expect(await take(consumer, 1)).toEqual(['0:5'])
    expect(await consumer.committed([tp()])).toMatchObject([{ offset: 5 }])
  })

  it('can go back: the same records come again', async () => {
    const rig = await filled()
    const consumer = rig.loose()
    consumer.assign([tp()])
    const rounds = []
    for (let round = 0; round < 2; round++) {
      consumer.seek(tp(), 3)
      for await (const { offset, key, value, timestamp } of consumer) {
        rounds.push({ offset, key, value: String(value), timestamp })
        if (offset === 6) break
      }
    }
    expect(rounds).toHaveLength(8)
    expect(rounds.slice(4)).toEqual(rounds.slice(0, 4))
  })

  it('that are committed are asked of the coordinator each time', async () => {
    const rig = await filled()
    const [mine, other] = [rig.loose({ groupId: 'g' }), rig.loose({ groupId: 'g' })]
    for (const consumer of [mine, other]) consumer.assign([tp()])
    expect(await mine.committed([tp()])).toEqual([undefined])
    await other.commit([{ ...tp(), offset: 4, metadata: 'by another' }])
    rig.kafka.requests.clear()
    for (let i = 0; i < 2; i++) expect(await mine.committed([tp()])).toMatchObject([{ offset: 4, metadata: 'by another' }])
    expect(rig.kafka.requests.list(OffsetFetch)).toHaveLength(2)
  })

  it('can be kept elsewhere: in place of commits, by seek at the start and in each rebalance', async () => {
    const rig = await filled(10, { orders: 2 })
    const store = new TopicPartitionMap<number>([[tp(1), 6]])
    const consume = async (count: number) => {
      const listener: RebalanceListener = {
        onPartitionsAssigned: (partitions) => {
          for (const partition of partitions) consumer.seek(partition, store.get(partition) ?? 0)
        },
      }
      const consumer: Consumer = rig.consumer({ enableAutoCommit: false, listener })
      const values: string[] = []
      for await (const record of consumer) {
        values.push(String(record.value))
        store.set(record, record.offset + 1)
        if (values.length === count) break
      }
      await consumer.close()
      return values
    }
    const values = [...(await consume(5)), ...(await consume(9))]
    expect(values.sort()).toEqual([...numbered(10), ...numbered(4, '1:', 6)])
    expect(rig.kafka.committed('g')).toEqual([])
  })
})

describe('a group of consumers', () => {
  it('gets every record once, and each group all of them', async () => {
    const rig = await filled(50, { orders: 4 })
    const readings = ['g', 'g', 'h'].map((groupId) => ({ groupId, ...follow(rig.consumer({ groupId })) }))
    const readBy = (group: string) => readings.flatMap(({ groupId, values }) => (groupId === group ? values : [])).sort()
    await rig.kafka.until(() => readBy('g').length >= 200 && readBy('h').length >= 200)
    const all = [0, 1, 2, 3].flatMap((partition) => numbered(50, `${partition}:`)).sort()
    expect([readBy('g'), readBy('h')]).toEqual([all, all])
  })

  it('uses the assignor that all members know and prefer, so that it can go over from one to another', async () => {
    const rig = await filled(1, { orders: 2 })
    // All to the last member.
    const last: Assignor = {
      name: 'last',
      assign: (topics, members) => {
        const all = topics.flatMap(({ topic, partitions }) => partitions.map((_, partition) => ({ topic, partition })))
        return new Map([[members.at(-1)!.memberId, all]])
      },
    }
    const old = rig.consumer({ assignors: [range()] })
    const both = rig.consumer({ assignors: [last, range()] })
    for (const consumer of [old, both]) follow(consumer)
    const shares = (...consumers: Consumer[]) => consumers.map((consumer) => consumer.assignment().length).sort()
    await rig.kafka.until(() => shares(old, both).join() === '1,1')
    await old.close()
    const young = rig.consumer({ assignors: [last, range()] })
    follow(young)
    await rig.kafka.until(() => both.state === 'running' && young.state === 'running' && shares(both, young).join() === '0,2')
  })

  it('does not lose a member that waits for records, however long', async () => {
    const rig = await filled(0)
    const consumer = rig.consumer({ maxPollIntervalMs: 60 })
    const reading = follow(consumer)
    await rig.kafka.until(() => consumer.state === 'running')
    await new Promise((resolve) => setTimeout(resolve, 300))
    await rig.writer.write('orders', 0, [{ value: 'at last' }])
    await rig.kafka.until(() => reading.values.length === 1)
    expect(rig.kafka.requests.list(LeaveGroup)).toEqual([])
  })

  it('reads topics that brokers create when they are asked for, unless allowAutoCreateTopics is false', async () => {
    const rig = await Rig.start({ autoCreateTopics: true, defaultPartitions: 2 })
    const consumer = rig.consumer()
    follow(consumer)
    await rig.kafka.until(() => consumer.assignment().length === 2)
    const careful = rig.consumer({ groupId: 'h', topics: ['events'], allowAutoCreateTopics: false })
    follow(careful)
    await rig.kafka.until(() => careful.state === 'running')
    await rig.kafka.createTopic('events', { numPartitions: 1 })
    await rig.kafka.until(() => careful.assignment().length === 1)
  })

  it('creates no topic by asking where it ends', async () => {
    const rig = await Rig.start({ autoCreateTopics: true })
    const consumer = rig.loose({ defaultApiTimeoutMs: 200 })
    await expect(consumer.endOffsets([tp(0, 'nowhere')])).rejects.toThrow('nowhere')
    expect(rig.kafka.requests.list(Metadata).filter(({ body }) => body.topics?.some(({ name }) => name === 'nowhere'))).not.toEqual([])
    expect(() => rig.kafka.records('nowhere')).toThrow()
  })

  it('is subscribed to the topics of the latest subscribe', async () => {
    const rig = await filled(1, { orders: 1, events: 1 })
    const consumer = rig.loose({ groupId: 'g' })
    expect(consumer.subscription()).toEqual([])
    consumer.subscribe({ topics: ['orders'] })
    expect(consumer.subscription()).toEqual(['orders'])
    consumer.subscribe({ topics: ['events'] })
    expect(consumer.subscription()).toEqual(['events'])
    expect(await take(consumer, 1)).toEqual(['0:0'])
    expect(consumer.assignment()).toEqual([tp(0, 'events')])
  })

  it('tells listeners that all is revoked, everywhere, before anything is assigned anew', async () => {
    const rig = await filled(0, { orders: 3 })
    const heard: string[] = []
    const listener = (name: string): RebalanceListener => ({
      onPartitionsAssigned: (partitions) => heard.push(`${name} assigned ${partitions.length}`),
      onPartitionsRevoked: async (partitions) => {
        await new Promise((resolve) => setTimeout(resolve, 20))
        heard.push(`${name} revoked ${partitions.length}`)
      },
    })
    const [a, b, c] = ['a', 'b', 'c'].map((name) => rig.consumer({ listener: listener(name), groupInstanceId: name }))
    follow(a!)
    await rig.kafka.until(() => heard.join() === 'a assigned 3')
    follow(b!)
    await rig.kafka.until(() => heard.length === 4)
    expect(heard[1]).toBe('a revoked 3')
    heard.length = 0
    follow(c!)
    await rig.kafka.until(() => heard.length === 5)
    expect(heard.slice(0, 2).sort()).toEqual(['a revoked 2', 'b revoked 1'])
    expect(heard.slice(2).sort()).toEqual(['a assigned 1', 'b assigned 1', 'c assigned 1'])
  })

  it('tells the listener of the latest subscribe alone', async () => {
    const rig = await filled(1, { orders: 1, events: 1 })
    const heard: string[] = []
    const listener = (name: string): RebalanceListener => ({
      onPartitionsAssigned: (partitions) => heard.push(...partitions.map(({ topic }) => `${name} ${topic}`)),
    })
    const consumer = rig.loose({ groupId: 'g' })
    consumer.subscribe({ topics: ['orders'] }, listener('first'))
    await take(consumer, 1)
    consumer.subscribe({ topics: ['events'] }, listener('second'))
    await take(consumer, 1)
    expect(heard).toEqual(['first orders', 'second events'])
  })
})
