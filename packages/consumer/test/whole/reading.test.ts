import { Cluster, type TopicMetadata } from '@k/network'
import { describe, expect, it } from 'vitest'
import { Consumer, type ConsumerRecord } from '../../src/index.ts'
import { filled, follow, Log, Rig, take } from '../support/rig.ts'

const tp = (partition = 0) => ({ topic: 'orders', partition })

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
