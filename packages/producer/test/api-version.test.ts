import { Metadata, Produce } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { newProducer, startKafka, valuesOf } from './fake-set-up.ts'

describe('apiVersion', () => {
  it('is the highest in which a producer writes', async () => {
    const kafka = await startKafka({ topics: { orders: 1 } })
    await newProducer(kafka, { apiVersion: [[Produce, 7]] }).send({ topic: 'orders', value: 'paid' })
    expect(kafka.requests.list(Produce).map(({ version }) => version)).toEqual([7])
    expect(new Set(kafka.requests.list(Metadata).map(({ version }) => version))).toEqual(new Set([Metadata.latestStable]))
    expect(valuesOf(kafka, 'orders')).toEqual({ 0: ['paid'] })
  })
})
