import { gzip } from '@k/compression-gzip'
import { UnsupportedVersionError } from '@k/producer'
import { Produce } from '@k/protocol'
import { fakeVersions } from '@k/testing'
import { describe, expect, it } from 'vitest'
import { newProducer, rejectionOf, startKafka, valuesOf } from './fake-set-up.ts'

describe.each(fakeVersions)('a producer before Kafka %s', (version) => {
  // Record batches, and with them headers, idempotence and transactions, came with 0.11.
  const isOld = version === '0.10.2'
  const plain = isOld ? { enableIdempotence: false } : {}
  const start = () => startKafka({ version, brokers: 3 })

  it('writes keys, values, nulls and timestamps, one and many', async () => {
    const kafka = await start()
    const producer = newProducer(kafka, plain)
    const timestamp = Date.now() - 1_000
    const { offset, partition } = await producer.send({ topic: 'orders', partition: 1, key: 'k', value: 'v', timestamp })
    expect([partition, offset]).toEqual([1, 0])
    const many = await producer.send(['a', 'b', null].map((value) => ({ topic: 'orders', partition: 1, key: 'k', value })))
    expect(many.map((metadata) => metadata.offset)).toEqual([1, 2, 3])
    const records = kafka.records('orders')
    expect(records.map(({ key, value }) => [key?.toString(), value?.toString()])).toEqual([
      ['k', 'v'],
      ['k', 'a'],
      ['k', 'b'],
      ['k', undefined],
    ])
    expect(records[0]?.timestamp).toBe(timestamp)
    expect(kafka.failures).toEqual([])
  })

  it.each([0, 1, 'all'] as const)('writes with acks %s', async (acks) => {
    const kafka = await start()
    const producer = newProducer(kafka, { ...(acks === 'all' && plain), acks } as never)
    await producer.send({ topic: 'orders', partition: 0, value: 'v' })
    await kafka.until(() => kafka.records('orders').length === 1)
  })

  it('writes what gzip has made smaller', async () => {
    const kafka = await start()
    const producer = newProducer(kafka, { ...plain, compression: gzip() } as never)
    await producer.send(Array.from({ length: 20 }, (_, i) => ({ topic: 'orders', partition: 0, value: `${i}`.repeat(100) })))
    expect(valuesOf(kafka, 'orders')[0]).toEqual(Array.from({ length: 20 }, (_, i) => `${i}`.repeat(100)))
  })

  it('goes after a leader that moves', async () => {
    const kafka = await start()
    const producer = newProducer(kafka, plain)
    await producer.send({ topic: 'orders', partition: 0, value: 'a' })
    kafka.moveLeader({ topic: 'orders', partition: 0 }, (kafka.leaderOf({ topic: 'orders', partition: 0 }) % 3) + 1)
    await producer.send({ topic: 'orders', partition: 0, value: 'b' })
    expect(valuesOf(kafka, 'orders')[0]).toEqual(['a', 'b'])
  })

  if (isOld) {
    it('is refused what it has by default, and told how to do without', async () => {
      const kafka = await start()
      const error = await rejectionOf(newProducer(kafka).send({ topic: 'orders', value: 'v' }))
      expect(String((error as Error).message)).toContain('enableIdempotence: false')
      expect(UnsupportedVersionError.is((error as Error).cause) || UnsupportedVersionError.is(error)).toBe(true)
      expect(kafka.records('orders')).toEqual([])
    })
    return
  }

  it('writes headers, and nothing twice where an answer is lost', async () => {
    const kafka = await start()
    const producer = newProducer(kafka)
    const lost = kafka.on(Produce).once().disconnect({ afterWork: true })
    await producer.send({ topic: 'orders', partition: 0, value: 'v', headers: { name: 'value' } })
    expect(lost.hits).toBe(1)
    expect(kafka.records('orders').map(({ headers }) => headers.map(([name, value]) => [name, String(value)]))).toEqual([
      [['name', 'value']],
    ])
  })

  it('commits and aborts transactions', async () => {
    const kafka = await start()
    const producer = newProducer(kafka, { transactionalId: 'billing' } as never)
    await producer.transaction(async (transaction) => {
      await transaction.send({ topic: 'orders', partition: 0, value: 'kept' })
      await transaction.sendOffsets([{ topic: 'orders', partition: 0, offset: 7 }], { groupId: 'readers', memberId: '', generationId: -1 })
    })
    const gone = await producer.beginTransaction()
    await gone.send({ topic: 'orders', partition: 0, value: 'dropped' })
    await gone.abort()
    const committed = kafka.records('orders', { isolationLevel: 'read_committed' })
    expect(committed.map(({ value }) => String(value))).toEqual(['kept'])
    expect(kafka.committed('readers')).toMatchObject([{ offset: 7 }])
  })
})
