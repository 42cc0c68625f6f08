import { AuthenticationError, Producer, plain } from '@k/producer'
import { Produce } from '@k/protocol'
import { FakeCluster } from '@k/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { newProducer, rejectionOf, startKafka, valuesOf } from './fake-set-up.ts'

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

describe('a producer', () => {
  it('names itself in every request', async () => {
    for (const [options, name] of [
      [{}, '@k/producer'],
      [{ clientId: 'billing' }, 'billing'],
    ] as const) {
      const kafka = await startKafka()
      await newProducer(kafka, options).send({ topic: 'orders', value: 'v' })
      expect(new Set(kafka.requests.list().map(({ clientId }) => clientId))).toEqual(new Set([name]))
    }
  })

  it('lets brokers wait for the acks as long as requestTimeoutMs', async () => {
    const kafka = await startKafka()
    await newProducer(kafka).send({ topic: 'orders', value: 'v' })
    await newProducer(kafka, { requestTimeoutMs: 4_321 }).send({ topic: 'orders', value: 'v' })
    expect(kafka.requests.list(Produce).map(({ body }) => body.timeoutMs)).toEqual([30_000, 4_321])
  })

  it('refuses, by name, options of the clients for asyncio that have nothing to do here', () => {
    for (const option of ['loop', 'sendBackoffMs']) expect(() => new Producer({ [option]: 1 } as never)).toThrow(option)
  })

  it.each([
    ['PLAINTEXT', {}, {}],
    ['SSL', { tls: { key, cert } }, { tls: { ca: cert } }],
    ['SASL_PLAINTEXT', { sasl: { plain: { bob: 'pencil' } } }, { sasl: plain(bob) }],
    ['SASL_SSL', { tls: { key, cert }, sasl: { plain: { bob: 'pencil' } } }, { tls: { ca: cert }, sasl: plain(bob) }],
  ])('writes to a listener that speaks %s', async (_protocol, listener, options) => {
    const kafka = await FakeCluster.start({ topics: { orders: 1 }, ...listener })
    onTestFinished(() => kafka.close())
    const { bootstrapServers } = kafka
    const producer = new Producer({ bootstrapServers, logger: null, ...options })
    onTestFinished(() => producer.close({ timeoutMs: 0 }))
    await producer.send({ topic: 'orders', value: 'v' })
    expect(kafka.records('orders')).toHaveLength(1)
  })

  it('is told by the broker, not by a timeout, that its password is wrong', async () => {
    const kafka = await FakeCluster.start({ sasl: { plain: { bob: 'pencil' } } })
    onTestFinished(() => kafka.close())
    const { bootstrapServers } = kafka
    const producer = new Producer({ bootstrapServers, logger: null, sasl: plain({ username: 'bob', password: 'crayon' }) })
    onTestFinished(() => producer.close({ timeoutMs: 0 }))
    const error = await rejectionOf(producer.connect())
    expect(AuthenticationError.is(error, 'SASL_AUTHENTICATION_FAILED')).toBe(true)
    expect(String(error)).not.toContain('crayon')
  })
})

describe('a topic with min.insync.replicas', () => {
  it('refuses acks all while too few replicas are in sync, however often it is tried, and takes acks 1', async () => {
    const topics = { orders: { numPartitions: 1, replicationFactor: 3, configs: { 'min.insync.replicas': 3 } } }
    const kafka = await startKafka({ brokers: 3, topics })
    const leader = kafka.leaderOf({ topic: 'orders', partition: 0 })
    await kafka.broker((leader % 3) + 1).kill()
    const error = await rejectionOf(newProducer(kafka, { retries: 3 }).send({ topic: 'orders', value: 'all' }))
    expect(error).toMatchObject({ code: 'NOT_ENOUGH_REPLICAS', maybeWritten: false })
    expect(kafka.requests.list(Produce)).toHaveLength(4)
    const { offset } = await newProducer(kafka, { acks: 1 }).send({ topic: 'orders', value: 'leader' })
    expect(offset).toBe(0)
    expect(valuesOf(kafka, 'orders')[0]).toEqual(['leader'])
  })

  it('tells that a record is with the leader though too few replicas took it', async () => {
    const kafka = await startKafka()
    kafka.on(Produce).fail('NOT_ENOUGH_REPLICAS_AFTER_APPEND', { afterWork: true })
    const error = await rejectionOf(newProducer(kafka, { retries: 0 }).send({ topic: 'orders', value: 'v' }))
    expect(error).toMatchObject({ code: 'NOT_ENOUGH_REPLICAS_AFTER_APPEND', maybeWritten: true })
  })
})

describe('an outcome', () => {
  it('is open after REQUEST_TIMED_OUT', async () => {
    const kafka = await startKafka()
    kafka.on(Produce).fail('REQUEST_TIMED_OUT', { afterWork: true })
    const error = await rejectionOf(newProducer(kafka, { retries: 0 }).send({ topic: 'orders', value: 'v' }))
    expect(error).toMatchObject({ code: 'REQUEST_TIMED_OUT', maybeWritten: true })
    expect(kafka.records('orders')).toHaveLength(1)
  })

  it('with acks 0 is never heard of: what a broker refuses is no error and is not sent again', async () => {
    const kafka = await startKafka()
    const producer = newProducer(kafka, { acks: 0 })
    await producer.partitionsFor('orders')
    kafka.on(Produce).fail('INVALID_RECORD')
    expect(await producer.send({ topic: 'orders', value: 'v' })).toMatchObject({ offset: -1 })
    await kafka.sawRequest(Produce)
    await producer.flush()
    expect(kafka.requests.list(Produce)).toHaveLength(1)
    expect(kafka.records('orders')).toEqual([])
  })
})
