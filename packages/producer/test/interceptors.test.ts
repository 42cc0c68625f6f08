import type { ProducerInterceptor, ProducerRecord, RecordMetadata } from '@k/producer'
import { describe, expect, it } from 'vitest'
import { newProducer, rejectionOf, startKafka, valuesOf } from './fake-set-up.ts'

function noting() {
  const seen: string[] = []
  const interceptor: ProducerInterceptor = {
    onSend(record) {
      seen.push(`send ${String(record.value)}`)
      return { ...record, value: `${String(record.value)}!` }
    },
    onAcknowledgement(error, metadata) {
      seen.push(error === undefined ? `at ${metadata?.partition}:${metadata?.offset}` : error.code)
    },
    close() {
      seen.push('close')
    },
  }
  return { seen, interceptor }
}

describe('interceptors', () => {
  it('see every record on its way in, one after the other, and every outcome, however it was sent', async () => {
    const kafka = await startKafka()
    const { seen, interceptor } = noting()
    const second: ProducerInterceptor = { onSend: (record) => ({ ...record, partition: 0 }) }
    const producer = newProducer(kafka, { interceptors: [interceptor, second] })
    await producer.send({ topic: 'orders', value: 'a' })
    const [many] = await producer.send([{ topic: 'orders', value: 'b' }])
    expect(many).toMatchObject({ partition: 0, offset: 1 })
    producer.enqueue({ topic: 'orders', value: 'c' })
    const heard = new Promise<RecordMetadata | undefined>((resolve) => {
      producer.enqueue({ topic: 'orders', value: 'd' }, { onDelivery: (_error, metadata) => resolve(metadata) })
    })
    expect(await heard).toMatchObject({ offset: 3 })
    await producer.close()
    expect(valuesOf(kafka, 'orders')).toEqual({ 0: ['a!', 'b!', 'c!', 'd!'] })
    expect(seen).toEqual(['send a', 'at 0:0', 'send b', 'at 0:1', 'send c', 'send d', 'at 0:2', 'at 0:3', 'close'])
  })

  it('hear of records that never got in', async () => {
    const kafka = await startKafka()
    const { seen, interceptor } = noting()
    const producer = newProducer(kafka, { interceptors: [interceptor], maxRequestSize: 200, maxBlockMs: 300 })
    await rejectionOf(producer.send({ topic: 'orders', value: 'v'.repeat(300) }))
    await rejectionOf(producer.send([{ topic: '', value: 'b' }]))
    await rejectionOf(producer.enqueue({ topic: 'nowhere', value: 'c' })!)
    expect(seen.filter((one) => !one.startsWith('send'))).toEqual(['MESSAGE_TOO_LARGE', 'INVALID_ARGUMENT', 'UNKNOWN_TOPIC_OR_PARTITION'])
  })

  it('cannot break the producer, whatever they do (F69)', async () => {
    const kafka = await startKafka()
    const logged: [message: string, fields: object | undefined][] = []
    const log = (message: string, fields?: object) => logged.push([message, fields])
    const inner: Promise<unknown>[] = []
    let isSending = false
    const hostile: ProducerInterceptor[] = [
      {
        onSend: () => {
          throw new Error('onSend')
        },
        onAcknowledgement: () => {
          throw new Error('onAcknowledgement')
        },
        close: () => Promise.reject(new Error('close')),
      },
      {
        onSend: (() => Promise.reject(new Error('later'))) as never,
        onAcknowledgement: (() => Promise.reject(new Error('later'))) as never,
      },
      { onSend: (() => undefined) as never },
      {
        onSend(record: ProducerRecord) {
          // Re-enters the client.
          if (!isSending) {
            isSending = true
            inner.push(producer.send({ topic: 'orders', partition: 1, value: 'inner' }))
          }
          return record
        },
      },
    ]
    const producer = newProducer(kafka, { interceptors: hostile, logger: { debug: log, info: log, warn: log, error: log } })
    await producer.send({ topic: 'orders', partition: 0, value: 'a' })
    await producer.send([{ topic: 'orders', partition: 0, value: 'b' }])
    await Promise.all(inner)
    await producer.close()
    expect(valuesOf(kafka, 'orders')).toEqual({ 0: ['a', 'b'], 1: ['inner'] })
    const thrown = logged.filter(([message]) => String(message).includes('an interceptor')).length
    expect(thrown).toBeGreaterThanOrEqual(3 * 5 + 1)
  })
})
