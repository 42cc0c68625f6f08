import { type ItemsError, ProduceError } from '@k/producer'
import { describe, expect, it, onTestFinished } from 'vitest'
import { newProducer, rejectionOf, startKafka, valuesOf } from './fake-set-up.ts'

describe('serializers', () => {
  it('turn keys and values into bytes, and never see null', async () => {
    const kafka = await startKafka({ topics: { orders: 1 } })
    const seen: unknown[] = []
    const producer = newProducer<number, { n: number }>(kafka, {
      keySerializer: (key) => Buffer.from([key]),
      valueSerializer: {
        serialize: (value, context) => {
          seen.push([value, context])
          return JSON.stringify(value)
        },
      },
    })
    await producer.send({ topic: 'orders', key: 7, value: { n: 1 }, headers: { a: 'b' } })
    await producer.send([
      { topic: 'orders', key: 8, value: null },
      { topic: 'orders', key: null, value: { n: 2 } },
    ])
    expect(kafka.records('orders').map(({ key, value }) => [key, value && String(value)])).toEqual([
      [Buffer.from([7]), '{"n":1}'],
      [Buffer.from([8]), null],
      [null, '{"n":2}'],
    ])
    expect(seen).toMatchObject([
      [{ n: 1 }, { topic: 'orders', headers: [['a', 'b']] }],
      [{ n: 2 }, { topic: 'orders' }],
    ])
  })

  it('may be asynchronous: they run side by side, and the order is kept', async () => {
    const kafka = await startKafka({ topics: { orders: 1 } })
    let running = 0
    let most = 0
    const producer = newProducer<string, number>(kafka, {
      valueSerializer: async (n) => {
        running += 1
        most = Math.max(most, running)
        await new Promise((resolve) => setTimeout(resolve, n % 3))
        running -= 1
        return `v${n}`
      },
    })
    const numbers = Array.from({ length: 30 }, (_, i) => i)
    const results = await Promise.all(numbers.map((value) => producer.send({ topic: 'orders', value })))
    await producer.send(numbers.map((value) => ({ topic: 'orders', value })))
    const expected = numbers.map((n) => `v${n}`)
    expect(valuesOf(kafka, 'orders')[0]).toEqual([...expected, ...expected])
    expect(results.map(({ offset }) => offset)).toEqual(numbers)
    expect(results[29]?.serializedValueSize).toBe(3)
    expect(most).toBeGreaterThan(1)
  })

  it('may answer with anything that can be awaited', async () => {
    const kafka = await startKafka({ topics: { orders: 1 } })
    // biome-ignore lint/suspicious/noThenProperty: that is what is looked for
    const thenable = (text: string) => ({ then: (resolve: (text: string) => void) => resolve(`later ${text}`) }) as Promise<string>
    const producer = newProducer<string, string>(kafka, { valueSerializer: thenable })
    await producer.send({ topic: 'orders', value: 'a' })
    await producer.send([{ topic: 'orders', value: 'b' }])
    expect(valuesOf(kafka, 'orders')[0]).toEqual(['later a', 'later b'])
  })

  it('keep the order also of what needs no waiting', async () => {
    const kafka = await startKafka({ topics: { orders: 1 } })
    const producer = newProducer<string, number>(kafka, {
      valueSerializer: (n) => (n % 2 ? `v${n}` : new Promise((resolve) => setTimeout(() => resolve(`v${n}`), 3))),
    })
    await Promise.all(Array.from({ length: 20 }, (_, i) => producer.send({ topic: 'orders', value: i })))
    expect(valuesOf(kafka, 'orders')[0]).toEqual(Array.from({ length: 20 }, (_, i) => `v${i}`))
  })

  it('that fail, at once or later, fail their record and no other', async () => {
    const kafka = await startKafka({ topics: { orders: 1 } })
    const producer = newProducer<string, number>(kafka, {
      valueSerializer: (n) => {
        if (n === 1) throw new Error('at once')
        return n === 2 ? Promise.reject(new Error('later')) : Promise.resolve(`v${n}`)
      },
    })
    const outcomes = await Promise.allSettled([0, 1, 2, 3].map((value) => producer.send({ topic: 'orders', value })))
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled'])
    const reasons = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as ProduceError] : []))
    for (const reason of reasons) expect(ProduceError.is(reason, 'SERIALIZATION_FAILED') && !reason.maybeWritten).toBe(true)
    expect(reasons.map(({ message }) => /at once|later/.exec(message)?.[0])).toEqual(['at once', 'later'])
    const error = (await rejectionOf(producer.send([0, 2, 3].map((value) => ({ topic: 'orders', value }))))) as ItemsError
    expect(error.failed.map(({ error }) => error.code)).toEqual([
      'OPERATION_NOT_ATTEMPTED',
      'SERIALIZATION_FAILED',
      'OPERATION_NOT_ATTEMPTED',
    ])
    expect(valuesOf(kafka, 'orders')[0]).toEqual(['v0', 'v3'])
  })

  it('that fail later do not end the process where the call has failed at once', async () => {
    const unhandled: unknown[] = []
    const onUnhandled = (reason: unknown) => unhandled.push(reason)
    process.on('unhandledRejection', onUnhandled)
    onTestFinished(() => void process.off('unhandledRejection', onUnhandled))
    const later = () => Promise.reject(new Error('later'))
    const atOnce = () => {
      throw new Error('at once')
    }
    const producer = newProducer<string, string>(await startKafka(), {
      keySerializer: later,
      valueSerializer: (value) => (value === 'a' ? atOnce() : later()),
    })
    const records = ['a', 'b'].map((value) => ({ topic: 'orders', key: 'k', value }))
    expect(await rejectionOf(producer.send(records[0]!))).toMatchObject({ code: 'SERIALIZATION_FAILED' })
    expect(await rejectionOf(producer.send(records))).toMatchObject({ code: 'ITEMS_FAILED' })
    expect(() => producer.createBatch().append({ value: 'b' })).toThrow('valueSerializer')
    await new Promise((resolve) => setImmediate(resolve))
    expect(unhandled).toEqual([])
  })

  it('that answer with something else than bytes are told so', async () => {
    const kafka = await startKafka()
    const producer = newProducer<string, number>(kafka, { valueSerializer: async () => 7 as never })
    expect(await rejectionOf(producer.send({ topic: 'orders', value: 1 }))).toMatchObject({ code: 'INVALID_ARGUMENT', maybeWritten: false })
  })

  it('that answer with nothing are the ones to mend, not the record', async () => {
    const producer = newProducer<string, string>(await startKafka(), { valueSerializer: (() => undefined) as never })
    const error = await rejectionOf(producer.send({ topic: 'orders', value: 'a' }))
    expect(String(error)).toContain('valueSerializer answers must be a string, a Uint8Array or null, not undefined')
  })

  it.each([
    ['at once', () => undefined],
    ['later', async () => undefined],
  ])('that answer with nothing for a key lose it for no record, %s', async (_, keySerializer) => {
    const kafka = await startKafka()
    const producer = newProducer<string, string>(kafka, { keySerializer: keySerializer as never })
    const error = await rejectionOf(producer.send({ topic: 'orders', key: 'k', value: 'a' }))
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', maybeWritten: false })
    expect(String(error)).toContain('keySerializer answers must be a string, a Uint8Array or null, not undefined')
    expect(kafka.records('orders')).toEqual([])
  })

  it('are closed with the producer', async () => {
    const kafka = await startKafka()
    const closed: string[] = []
    const serializer = (name: string) => ({ serialize: (text: string) => text, close: () => void closed.push(name) })
    const producer = newProducer<string, string>(kafka, { keySerializer: serializer('key'), valueSerializer: serializer('value') })
    await producer.close()
    expect(closed).toEqual(['key', 'value'])
  })
})

describe('a serializer that cannot be closed', () => {
  it('holds nobody up', async () => {
    const kafka = await startKafka()
    const logged: unknown[] = []
    const log = (message: string) => void logged.push(message)
    const failing = { serialize: (text: string) => text, close: () => Promise.reject(new Error('stuck')) }
    const hanging = { serialize: (text: string) => text, close: () => new Promise<void>(() => undefined) }
    const producer = newProducer<string, string>(kafka, {
      keySerializer: failing,
      valueSerializer: hanging,
      logger: { debug: log, info: log, warn: log, error: log },
    })
    await producer.send({ topic: 'orders', value: 'a' })
    await producer.close({ timeoutMs: 50 })
    expect(logged).toEqual(Array(2).fill('an interceptor or a serializer did not close'))
  })
})
