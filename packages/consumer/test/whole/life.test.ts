import { Cluster } from '@k/network'
import { describe, expect, it } from 'vitest'
import { Consumer, KafkaError } from '../../src/index.ts'
import { filled, follow, Log, take } from '../support/rig.ts'

const tp = (partition = 0) => ({ topic: 'orders', partition })

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
