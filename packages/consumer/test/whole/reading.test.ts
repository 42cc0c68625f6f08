import { gzip } from '@k/compression-gzip'
import { Cluster, type TopicMetadata } from '@k/network'
import { describe, expect, it, vi } from 'vitest'
import { Consumer, type ConsumerRecord, jsonDeserializer, KafkaError, stringDeserializer } from '../../src/index.ts'
import { follow, Log, numbered, Rig, take } from '../support/rig.ts'

const tp = (partition = 0) => ({ topic: 'orders', partition })

async function filled(count = 10, o = {}): Promise<Rig> {
  const rig = await Rig.start({ topics: { orders: 1 }, ...o })
  await rig.writer.writeMany('orders', 0, count)
  return rig
}

describe('a record', () => {
  it('tells all that was written, and where', async () => {
    const rig = await Rig.start({ topics: { orders: 1 } })
    await rig.writer.write('orders', 0, [
      {
        key: 'k',
        value: 'v',
        timestamp: 1_700_000_000_123,
        headers: [
          ['a', '1'],
          ['b', null],
          ['a', '2'],
        ],
      },
      { key: 'gone', value: null },
    ])
    const records: ConsumerRecord[] = []
    for await (const record of rig.consumer()) if (records.push(record) === 2) break
    const [record, tombstone] = records
    expect(record).toMatchObject({
      ...tp(),
      offset: 0,
      offsetBigInt: 0n,
      timestamp: 1_700_000_000_123,
      timestampType: 'CreateTime',
      key: Buffer.from('k'),
      value: Buffer.from('v'),
      serializedKeySize: 1,
      serializedValueSize: 1,
      leaderEpoch: 0,
    })
    expect([...record!.headers]).toEqual([
      ['a', Buffer.from('1')],
      ['b', null],
      ['a', Buffer.from('2')],
    ])
    expect(record!.headers.get('a')).toEqual(Buffer.from('2'))
    expect(record!.headers.getAll('a')).toEqual([Buffer.from('1'), Buffer.from('2')])
    expect([record!.headers.get('b'), record!.headers.get('c')]).toEqual([null, undefined])
    expect(tombstone).toMatchObject({ offset: 1, value: null, serializedValueSize: undefined })
    expect(tombstone!.headers.size).toBe(0)
  })

  it('carries the time of the broker where the topic is set to it', async () => {
    const rig = await Rig.start({ topics: { orders: { numPartitions: 1, configs: { 'message.timestamp.type': 'LogAppendTime' } } } })
    await rig.writer.write('orders', 0, [{ value: 'v', timestamp: 1 }])
    for await (const record of rig.consumer()) {
      expect(record.timestampType).toBe('LogAppendTime')
      expect(record.timestamp).toBeGreaterThan(1_600_000_000_000)
      break
    }
  })

  it('is read from compressed batches', async () => {
    const rig = await Rig.start({ topics: { orders: 1 } })
    const records = Array.from({ length: 50 }, (_, i) => ({ value: `0:${i}` }))
    await rig.writer.write('orders', 0, records, { codec: gzip() })
    expect(await take(rig.consumer(), 50)).toEqual(numbered(50))
  })
})

describe('deserializers', () => {
  it('make keys and values, and are told topic and headers; never called for null', async () => {
    const rig = await Rig.start({ topics: { orders: 1 } })
    await rig.writer.write('orders', 0, [
      { key: 'k', value: '{"n":1}', headers: { h: 'x' } },
      { key: null, value: null },
    ])
    const seen = vi.fn()
    const consumer = rig.consumer<string, { n: number }>({
      keyDeserializer: (bytes, { topic, headers }) => {
        seen(topic, headers.get('h')?.toString())
        return bytes.toString()
      },
      valueDeserializer: jsonDeserializer<{ n: number }>(),
    })
    const got: unknown[] = []
    for await (const record of consumer) {
      got.push([record.key, record.value])
      if (got.length === 2) break
    }
    expect(got).toEqual([
      ['k', { n: 1 }],
      [null, null],
    ])
    expect(seen.mock.calls).toEqual([['orders', 'x']])
  })

  it('may take their time: those of a batch run together, and records come in order', async () => {
    const rig = await filled(20)
    let running = 0
    let most = 0
    const consumer = rig.consumer<Buffer, string>({
      valueDeserializer: {
        deserialize: async (bytes) => {
          most = Math.max(most, ++running)
          await new Promise((resolve) => setTimeout(resolve, Math.random() * 5))
          running--
          return bytes.toString()
        },
      },
    })
    const values: (string | null)[] = []
    for await (const record of consumer) if (values.push(record.value) === 20) break
    expect(values).toEqual(numbered(20))
    expect(most).toBe(20)
  })

  it.each([
    [
      'that throws',
      (bytes: Buffer) => {
        if (bytes.toString() === '0:3') throw new Error('three')
        return bytes.toString()
      },
    ],
    [
      'that rejects',
      async (bytes: Buffer) => {
        if (bytes.toString() === '0:3') throw new Error('three')
        return bytes.toString()
      },
    ],
  ] as const)('%s: the read rejects with the raw record, the position stays, and seek goes past it', async (_, valueDeserializer) => {
    const rig = await filled(6)
    const consumer = rig.consumer<Buffer, string>({ valueDeserializer })
    const values: unknown[] = []
    for (let i = 0; i < 2; i++) {
      const loop = async () => {
        for await (const record of consumer) values.push(record.value)
      }
      const error = await loop().catch((reason) => reason)
      expect(error).toMatchObject({
        name: 'DeserializationError',
        code: 'DESERIALIZATION_FAILED',
        ...tp(),
        offset: 3,
        cause: { message: 'three' },
      })
      expect(error.rawValue).toEqual(Buffer.from('0:3'))
      expect(error.rawKey).toBeNull()
      expect(JSON.stringify(error)).not.toContain('rawValue')
    }
    expect(values).toEqual(numbered(3))
    expect(await consumer.position(tp())).toBe(3)
    consumer.seek(tp(), 4)
    for await (const record of consumer) if (values.push(record.value) === 5) break
    expect(values).toEqual([...numbered(3), '0:4', '0:5'])
  })

  it('that throw leave records out where that is wanted', async () => {
    const rig = await filled(6)
    const refuse = (bytes: Buffer) => {
      if (/[135]/.test(bytes.toString().slice(2))) throw new Error('odd')
      return bytes.toString()
    }
    const skipping = rig.loose<Buffer, string>({ topics: ['orders'], valueDeserializer: refuse, onDeserializationError: 'skip' })
    const values: unknown[] = []
    for await (const record of skipping) if (values.push(record.value) === 3) break
    expect(values).toEqual(['0:0', '0:2', '0:4'])
    const dead: number[] = []
    const deciding = rig.loose<Buffer, string>({
      topics: ['orders'],
      valueDeserializer: refuse,
      onDeserializationError: async (error) => {
        dead.push(error.offset)
        return error.offset < 5 ? 'skip' : 'fail'
      },
    })
    await expect(
      (async () => {
        for await (const _ of deciding);
      })(),
    ).rejects.toMatchObject({ offset: 5 })
    expect(dead).toEqual([1, 3, 5])
  })

  it('are closed with the consumer', async () => {
    const rig = await filled()
    const close = vi.fn(async () => {})
    const both = { deserialize: (bytes: Buffer) => bytes.toString(), close }
    const consumer = rig.consumer<string, string>({ keyDeserializer: both, valueDeserializer: both })
    await consumer.close()
    expect(close).toHaveBeenCalledTimes(1)
    expect(stringDeserializer()(Buffer.from('é'), undefined as never)).toBe('é')
  })
})

describe('reading', () => {
  it('without a group reads topics in full: every partition, and those created later from their beginning', async () => {
    const rig = await Rig.start({ topics: { orders: 2, events: 1 } })
    await rig.writer.writeMany('orders', 1, 3, { prefix: '1:' })
    const assigned: string[] = []
    const consumer = rig.loose({
      topics: ['orders', 'later'],
      autoOffsetReset: 'latest',
      metadataMaxAgeMs: 30,
      listener: {
        onPartitionsAssigned: (partitions) => assigned.push(...partitions.map(({ topic, partition }) => `${topic}-${partition}`)),
      },
    })
    const reading = follow(consumer)
    await rig.kafka.until(() => consumer.assignment().length === 2)
    await Promise.all([0, 1].map((partition) => consumer.position(tp(partition))))
    await rig.writer.write('orders', 0, [{ value: 'new' }])
    await rig.kafka.createTopic('later')
    await rig.writer.write('later', 0, [{ value: 'from the beginning' }])
    await rig.kafka.until(() => reading.values.length === 2)
    expect(reading.values.sort()).toEqual(['from the beginning', 'new'])
    expect(assigned).toEqual(['orders-0', 'orders-1', 'later-0'])
    consumer.subscribe({ topics: ['later', 'events'] })
    await rig.kafka.until(() => consumer.assignment().length === 2)
    expect(
      consumer
        .assignment()
        .map(({ topic }) => topic)
        .sort(),
    ).toEqual(['events', 'later'])
    expect(rig.kafka.requests.list().some(({ api }) => ['JoinGroup', 'OffsetFetch', 'OffsetCommit'].includes(api))).toBe(false)
  })

  it('needs something to read', async () => {
    const rig = await filled()
    await expect(rig.loose().records().next()).rejects.toMatchObject({ code: 'NO_SUBSCRIPTION' })
  })

  it('has one reader at a time, and takes the next when that one has ended', async () => {
    const rig = await filled()
    const consumer = rig.consumer()
    const first = consumer.records()
    await first.next()
    const second = consumer.batches()
    await expect(second.next()).rejects.toMatchObject({ code: 'ALREADY_READING' })
    await first.return()
    expect((await second.next()).value?.firstOffset).toBe(0)
    await second.return()
    expect(await first.next()).toEqual({ done: true, value: undefined })
  })

  it('queues a next() that is called while one is pending, and warns once', async () => {
    const rig = await filled(5)
    const log = new Log()
    const consumer = rig.consumer({ logger: log })
    const reading = consumer.records()
    const results = await Promise.all(Array.from({ length: 5 }, () => reading.next()))
    expect(results.map(({ value }) => value?.offset)).toEqual([0, 1, 2, 3, 4])
    expect(log.of('warn')).toEqual([expect.stringContaining('next() was called while another was pending')])
    await reading.return()
  })

  it('ends with its signal: the read rejects with the reason, and the consumer goes on', async () => {
    const rig = await filled(2)
    const consumer = rig.consumer()
    const controller = new AbortController()
    const values: number[] = []
    const reason = new Error('enough')
    const loop = async () => {
      for await (const record of consumer.records({ signal: controller.signal })) {
        if (values.push(record.offset) === 2) setTimeout(() => controller.abort(reason), 10)
      }
    }
    await expect(loop()).rejects.toBe(reason)
    await expect(consumer.records({ signal: controller.signal }).next()).rejects.toBe(reason)
    await rig.writer.write('orders', 0, [{ value: 'more' }])
    expect(await take(consumer, 1)).toEqual(['more'])
  })

  it('rejects throw() with what was thrown, and gives the record back', async () => {
    const rig = await filled()
    const consumer = rig.consumer()
    const reading = consumer.records()
    await reading.next()
    const reason = new Error('thrown in')
    await expect(reading.throw(reason)).rejects.toBe(reason)
    expect(await take(consumer, 1)).toEqual(['0:0'])
  })

  it('counts a record that processed() names after the loop was left', async () => {
    const rig = await filled()
    const consumer = rig.consumer()
    let last: ConsumerRecord | undefined
    for await (const record of consumer) {
      last = record
      if (record.offset === 2) break
    }
    consumer.processed(last!)
    expect(await take(consumer, 1)).toEqual(['0:3'])
  })

  it('refuses processed() of what is no record', async () => {
    const consumer = (await filled()).consumer()
    expect(() => consumer.processed({ topic: 'orders' } as never)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
  })

  it('fails as long as a topic may not be read', async () => {
    class Refusing extends Cluster {
      isRefused = true
      override topic(name: string): TopicMetadata | undefined {
        const topic = super.topic(name)
        return topic !== undefined && this.isRefused ? { ...topic, errorCode: 29 } : topic
      }
    }
    const rig = await filled()
    const cluster = new Refusing({ bootstrapServers: rig.kafka.bootstrapServers, transport: rig.kafka.transport, logger: null })
    const consumer = new Consumer({ cluster, groupId: 'g', topics: ['orders'], autoOffsetReset: 'earliest', logger: null })
    for (let i = 0; i < 2; i++) {
      await expect(take(consumer, 1)).rejects.toMatchObject({ name: 'BrokerError', code: 'TOPIC_AUTHORIZATION_FAILED' })
    }
    cluster.isRefused = false
    expect(await take(consumer, 1)).toEqual(['0:0'])
    await consumer.close()
    await cluster.close()
  })
})

describe('the life of a consumer', () => {
  it('does no I/O before it is used, and connects early when it is told to', async () => {
    const rig = await filled()
    rig.kafka.requests.clear()
    const consumer = rig.consumer({ clientId: 'early' })
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(rig.kafka.requests.list().filter(({ clientId }) => clientId === 'early')).toEqual([])
    expect(consumer.state).toBe('idle')
    await consumer.connect()
    expect(rig.kafka.requests.list().map(({ api }) => api)).toContain('Metadata')
    expect(consumer.state).toBe('idle')
  })

  it('goes from idle over joining and running to closed', async () => {
    const rig = await filled()
    const consumer = rig.consumer()
    const reading = follow(consumer)
    expect(consumer.state).toBe('joining')
    await rig.kafka.until(() => reading.values.length === 10)
    expect(consumer.state).toBe('running')
    const closing = consumer.close()
    expect(consumer.state).toBe('closed')
    await closing
    await reading.done
    expect(reading.errors).toEqual([])
  })

  it('ends loops normally with close, whoever calls it, and commits what was processed', async () => {
    const rig = await filled()
    const inside = rig.consumer()
    let count = 0
    for await (const _ of inside) if (++count === 4) inside.close()
    expect(count).toBe(4)
    await inside.close()
    expect(rig.kafka.committed('g')).toMatchObject([{ offset: 4 }])
  })

  it('closes within a moment from inside a loop that awaits it: the record in hand then does not count', async () => {
    const rig = await filled()
    const consumer = rig.consumer()
    const started = performance.now()
    for await (const record of consumer) if (record.offset === 4) await consumer.close()
    expect(performance.now() - started).toBeLessThan(2_000)
    expect(rig.kafka.committed('g')).toMatchObject([{ offset: 4 }])
  })

  it('waits in close for the record in hand, and commits it', async () => {
    const rig = await filled()
    const consumer = rig.consumer()
    let isHeld = false
    const loop = (async () => {
      for await (const record of consumer) {
        if (record.offset < 4) continue
        isHeld = true
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
    })()
    await rig.kafka.until(() => isHeld)
    await consumer.close()
    await loop
    expect(rig.kafka.committed('g')).toMatchObject([{ offset: 5 }])
  })

  it('refuses everything after close but closing', async () => {
    const rig = await filled()
    const consumer = rig.consumer()
    await take(consumer, 1)
    await Promise.all([consumer.close(), consumer.close(), consumer[Symbol.asyncDispose]()])
    expect(await consumer.records().next()).toEqual({ done: true, value: undefined })
    for (const call of [
      () => consumer.endOffsets([tp()]),
      () => consumer.committed([tp()]),
      () => consumer.connect(),
      () => consumer.unsubscribe(),
    ]) {
      await expect(call()).rejects.toMatchObject({ name: 'ClosedError', code: 'CLOSED' })
    }
    expect(() => consumer.subscribe({ topics: ['orders'] })).toThrow(expect.objectContaining({ code: 'CLOSED' }))
  })

  it('settles what waits when it closes', async () => {
    const rig = await filled()
    const { ListOffsets } = await import('@k/protocol')
    rig.kafka.on(ListOffsets).delay(5_000)
    const consumer = rig.loose()
    consumer.assign([tp()])
    const next = consumer.records().next()
    const position = consumer.position(tp())
    const ends = consumer.endOffsets([tp()])
    const settled = Promise.allSettled([next, position, ends])
    await new Promise((resolve) => setTimeout(resolve, 20))
    await consumer.close()
    expect(await settled).toMatchObject([
      { status: 'fulfilled', value: { done: true } },
      { status: 'rejected', reason: { code: 'CLOSED' } },
      { status: 'rejected', reason: { code: 'CLOSED' } },
    ])
  })

  it('closes in time though no broker answers', async () => {
    const rig = await filled()
    const log = new Log()
    const consumer = rig.consumer({ logger: log })
    await take(consumer, 3)
    await rig.kafka.broker(1).kill()
    const started = performance.now()
    await consumer.close({ timeoutMs: 150 })
    expect(performance.now() - started).toBeLessThan(1_000)
    expect(log.of('warn').join()).toContain('not closed in good order')
  })

  it('closes from every state', async () => {
    for (const delayMs of [0, 1, 2, 4, 8, 16]) {
      const rig = await filled(3)
      const consumer = rig.consumer()
      const reading = follow(consumer)
      await new Promise((resolve) => setTimeout(resolve, delayMs))
      await consumer.close()
      await reading.done
      expect(reading.errors).toEqual([])
    }
  })

  it('says after defaultApiTimeoutMs that the cluster cannot be reached, and tries again with the next read', async () => {
    const rig = await filled()
    await rig.kafka.broker(1).kill()
    const log = new Log()
    const consumer = rig.consumer({ defaultApiTimeoutMs: 100, logger: log })
    await expect(take(consumer, 1)).rejects.toMatchObject({ name: 'TimeoutError', cause: { name: 'ConnectionError' } })
    expect(log.of('warn')).toContain('the cluster cannot be reached; it is tried again')
    await rig.kafka.broker(1).revive()
    expect(await take(consumer, 1)).toEqual(['0:0'])
  })

  it('leaves a cluster open that is not its own', async () => {
    const rig = await filled()
    const cluster = new Cluster({ bootstrapServers: rig.kafka.bootstrapServers, transport: rig.kafka.transport })
    const consumer = new Consumer({ cluster, topics: ['orders'], autoOffsetReset: 'earliest' })
    expect(await take(consumer, 1)).toEqual(['0:0'])
    await consumer.close()
    await cluster.refresh(['orders'])
    await cluster.close()
    const orphan = new Consumer({ cluster, topics: ['orders'], logger: null })
    const error = await take(orphan, 1).catch((reason) => reason)
    expect(KafkaError.is(error, 'CLOSED')).toBe(true)
    expect(orphan.state).toBe('failed')
    await orphan.close()
  })
})
