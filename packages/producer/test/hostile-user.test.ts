import { Producer, type ProducerOptions } from '@k/producer'
import { ConfigError, InitProducerId, Metadata, Produce } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { newProducer, rejectionOf, startKafka, valuesOf } from './fake-set-up.ts'

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

describe('options of every wrong kind', () => {
  const numbers = [
    'lingerMs',
    'batchSize',
    'bufferMemory',
    'maxBlockMs',
    'deliveryTimeoutMs',
    'requestTimeoutMs',
    'maxRequestSize',
    'retries',
    'maxInFlightRequestsPerConnection',
    'retryBackoffMs',
    'retryBackoffMaxMs',
    'reconnectBackoffMs',
    'metadataMaxAgeMs',
  ]
  const others = [
    'compression',
    'partitioner',
    'keySerializer',
    'valueSerializer',
    'enableIdempotence',
    'bootstrapServers',
    'clientId',
    'transport',
    'cluster',
  ]
  const tries: [string, unknown][] = [
    ...numbers.flatMap((name) => [Number.NaN, -1, '5', null, {}, 2 ** 53].map((value): [string, unknown] => [name, value])),
    ...others.flatMap((name) => [5, Symbol('x'), null, [7]].map((value): [string, unknown] => [name, value])),
    ['acks', 2],
    ['acks', 'some'],
    ['acks', null],
    ['topic', 'orders'],
    ['acks', 1],
  ]
  it('are refused with a sentence that names the option', () => {
    const accepted: string[] = []
    for (const [name, value] of tries) {
      try {
        new Producer({ logger: null, [name]: value } as unknown as ProducerOptions)
        accepted.push(`${name}: ${String(value)}`)
      } catch (error) {
        expect(ConfigError.is(error), `${name}: ${String(value)} → ${error}`).toBe(true)
        expect((error as Error).message).toContain(name)
      }
    }
    // Without idempotence, which is not asked for by name, acks 1 is fine.
    expect(accepted.filter((one) => one !== 'acks: 1')).toEqual([])
    for (const options of [undefined, null, 5, 'x', []]) expect(() => new Producer(options as never)).toThrow(ConfigError)
  })
})

describe('records of every wrong kind', () => {
  const wrong: unknown[] = [
    undefined,
    null,
    5,
    'orders',
    {},
    { topic: 'orders' },
    { topic: '', value: 'x' },
    { topic: 5, value: 'x' },
    { topic: 'orders', value: undefined },
    { topic: 'orders', value: 5 },
    { topic: 'orders', value: {} },
    { topic: 'orders', value: null },
    { topic: 'orders', value: new ArrayBuffer(3) },
    { topic: 'orders', value: [1, 2] },
    { topic: 'orders', value: 'x', key: 7 },
    { topic: 'orders', value: 'x', partition: -1 },
    { topic: 'orders', value: 'x', partition: 0.5 },
    { topic: 'orders', value: 'x', partition: '0' },
    { topic: 'orders', value: 'x', partition: null },
    { topic: 'orders', value: 'x', timestamp: -1 },
    { topic: 'orders', value: 'x', timestamp: null },
    { topic: 'orders', value: 'x', timestamp: 'now' },
    { topic: 'orders', value: 'x', timestamp: new Date('nonsense') },
    { topic: 'orders', value: 'x', headers: 5 },
    { topic: 'orders', value: 'x', headers: null },
    { topic: 'orders', value: 'x', headers: [['a']] },
    { topic: 'orders', value: 'x', headers: [[5, 'a']] },
    { topic: 'orders', value: 'x', headers: { a: 5 } },
    { topic: 'orders', value: 'x', headers: { a: undefined } },
    { topic: 'orders', value: 'x', headers: 'ab' },
  ]

  it('are refused, nothing of them is sent, and what comes after them is', async () => {
    const kafka = await startKafka()
    const producer = newProducer(kafka)
    const accidents: string[] = []
    for (const record of wrong) {
      const shown = JSON.stringify(record) ?? 'undefined'
      const error = (await rejectionOf(producer.send(record as never)).catch(() => undefined)) as { code?: string } | undefined
      if (error?.code !== 'INVALID_ARGUMENT') accidents.push(`send(${shown}): ${error}`)
      const many = (await rejectionOf(producer.send([{ topic: 'orders', value: 'y' }, record] as never)).catch(() => undefined)) as
        | { failed?: unknown[] }
        | undefined
      if (many?.failed?.length !== 2) accidents.push(`send([${shown}]): ${many}`)
      try {
        producer.enqueue(record as never)
        accidents.push(`enqueue(${shown}) was accepted`)
      } catch (thrown) {
        if ((thrown as { code?: string }).code !== 'INVALID_ARGUMENT') accidents.push(`enqueue(${shown}): ${thrown}`)
      }
    }
    expect(accidents).toEqual([])
    await producer.send({ topic: 'orders', partition: 0, value: 'last' })
    expect(valuesOf(kafka, 'orders')).toEqual({ 0: ['last'] })
  })

  it('are named as what they are', async () => {
    const producer = newProducer(await startKafka())
    const said = async (record: unknown) => String(await rejectionOf(producer.send(record as never)))
    expect(await said('paid')).toContain('a record must be an object, not a string')
    expect(await said({ value: 'x' })).toContain('topic must be a non-empty string, not undefined')
    expect(await said({ topic: '', value: 'x' })).toContain('not ""')
    expect(await said({})).not.toContain('undefined undefined')
  })

  it('are refused by a batch by hand, too', async () => {
    const batch = newProducer(await startKafka()).createBatch()
    for (const record of [undefined, null, 'paid', 5]) {
      expect(() => batch.append(record as never)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
    }
    expect(batch.recordCount).toBe(0)
  })

  it('that are no arrays of records are refused whole', async () => {
    const kafka = await startKafka()
    const producer = newProducer(kafka)
    expect(await producer.send([])).toEqual([])
    expect(await rejectionOf(producer.send([null, undefined, 5] as never))).toMatchObject({ failed: [{}, {}, {}] })
  })
})

describe('names that mean something to JavaScript', () => {
  for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'then', 'prototype', 'length']) {
    it(`are ordinary names of topics, keys and headers: ${name}`, async () => {
      const kafka = await startKafka({ topics: { other: 1 } })
      await kafka.createTopic(name, { numPartitions: 2 })
      const producer = newProducer(kafka)
      await producer.send({ topic: name, partition: 1, key: name, value: name, headers: [[name, name]] })
      await producer.send({ topic: name, partition: 1, value: 'b', headers: { [name]: 'c' } })
      const [first, second] = kafka.records(name)
      expect([String(first?.key), String(first?.value), first?.headers]).toEqual([name, name, [[name, Buffer.from(name)]]])
      expect(second?.headers).toEqual([[name, Buffer.from('c')]])
    })
  }
})

describe('an abort', () => {
  for (const [what, block] of [
    ['metadata', Metadata],
    ['a producer id', InitProducerId],
    ['the answer', Produce],
  ] as const) {
    it(`settles a send that waits for ${what}, tells the truth, and spoils nothing for others`, async () => {
      const kafka = await startKafka()
      const producer = newProducer(kafka)
      const rule = kafka.on(block).delay(150)
      const abort = new AbortController()
      const aborted = rejectionOf(producer.send({ topic: 'orders', partition: 0, value: 'a' }, { signal: abort.signal }))
      const other = producer.send({ topic: 'orders', partition: 0, value: 'b' })
      await kafka.until(() => rule.hits > 0)
      abort.abort(new Error('enough'))
      const begun = performance.now()
      const error = (await aborted) as { maybeWritten?: boolean }
      expect(performance.now() - begun).toBeLessThan(100)
      await other
      const values = valuesOf(kafka, 'orders')[0]
      if (error.maybeWritten !== true) expect(values).toEqual(['b'])
      else expect(values).toEqual(['a', 'b'])
    })
  }
})

describe('close', () => {
  for (const [what, block] of [
    ['metadata', Metadata],
    ['a producer id', InitProducerId],
    ['an answer', Produce],
  ] as const) {
    it(`settles everything in its time while records wait for ${what} that never comes`, async () => {
      const kafka = await startKafka()
      kafka.on(block).dropAnswer()
      const producer = newProducer(kafka)
      const sends = [0, 1, 2].map((partition) => rejectionOf(producer.send({ topic: 'orders', partition, value: 'a' })))
      await wait(30)
      const begun = performance.now()
      await producer.close({ timeoutMs: 50 })
      expect(performance.now() - begun).toBeLessThan(400)
      for (const error of await Promise.all(sends)) expect(error).toMatchObject({ code: 'CLOSED' })
      expect(await rejectionOf(producer.send({ topic: 'orders', value: 'late' }))).toMatchObject({ maybeWritten: false })
    })
  }
})
