import { type AnyApi, Fetch, FindCoordinator, Heartbeat, Metadata, Produce, ZERO_UUID } from '@k/protocol'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FakeCluster } from '../../src/index.ts'
import { nameOf } from '../support/codes.ts'
import { ManualClock, settle } from '../support/manual-clock.ts'
import { batchOf, RawClient } from '../support/raw-client.ts'
import { fetch, heartbeat, produce, produceBody } from '../support/requests.ts'

const NOBODY = { memberId: 'm', generationId: 1 }

describe('faults', () => {
  let clock: ManualClock
  let kafka: FakeCluster
  let client: RawClient
  beforeEach(async () => {
    clock = new ManualClock()
    kafka = await FakeCluster.start({ tcp: false, brokers: 2, topics: { t: 2 }, clock })
    client = await RawClient.connect(kafka)
  })
  afterEach(() => kafka.close())

  const produced = async () => nameOf((await produce(client, 't', 0, batchOf(['a']))).errorCode)

  it('fail requests with a code, once, so many times, or always', async () => {
    kafka.on(Produce).once().fail('KAFKA_STORAGE_ERROR')
    expect([await produced(), await produced()]).toEqual(['KAFKA_STORAGE_ERROR', 'NONE'])
    kafka.on(Produce).times(2).fail('REQUEST_TIMED_OUT')
    expect([await produced(), await produced(), await produced()]).toEqual(['REQUEST_TIMED_OUT', 'REQUEST_TIMED_OUT', 'NONE'])
    const rule = kafka.on(Produce).always.fail('NOT_LEADER_OR_FOLLOWER')
    expect([await produced(), await produced(), await produced()]).toEqual(Array(3).fill('NOT_LEADER_OR_FOLLOWER'))
    expect(rule.hits).toBe(3)
    rule.remove()
    expect([await produced(), rule.hits]).toEqual(['NONE', 3])
    expect(kafka.records('t')).toHaveLength(3)
  })

  it('follow one another in the order in which they were set', async () => {
    kafka.on(Produce).once().fail('CORRUPT_MESSAGE')
    kafka.on(Produce).once().fail('NETWORK_EXCEPTION')
    expect([await produced(), await produced(), await produced()]).toEqual(['CORRUPT_MESSAGE', 'NETWORK_EXCEPTION', 'NONE'])
  })

  it('strike after the work where they are told to', async () => {
    kafka.on(Produce).once().fail('REQUEST_TIMED_OUT', { afterWork: true })
    expect(await produced()).toBe('REQUEST_TIMED_OUT')
    expect(kafka.records('t')).toHaveLength(1)
    kafka.on(Produce).once().disconnect({ afterWork: true })
    await expect(produced()).rejects.toThrow('connection closed')
    expect(kafka.records('t')).toHaveLength(2)
  })

  it('cut connections before the work', async () => {
    kafka.on(Produce).once().disconnect()
    await expect(produced()).rejects.toThrow('connection closed')
    expect(kafka.records('t')).toEqual([])
  })

  it('strike only what they are for', async () => {
    const elsewhere = await RawClient.connect(kafka, 2)
    elsewhere.clientId = 'other'
    kafka.on(Heartbeat, { broker: 2 }).fail('COORDINATOR_LOAD_IN_PROGRESS')
    expect(nameOf(await heartbeat(elsewhere, 'g', NOBODY))).toBe('COORDINATOR_LOAD_IN_PROGRESS')
    expect(nameOf(await heartbeat(client, 'g', NOBODY))).not.toBe('COORDINATOR_LOAD_IN_PROGRESS')
    kafka.clearFaults()
    kafka.on(Heartbeat, { clientId: 'other' }).fail('COORDINATOR_NOT_AVAILABLE')
    expect(nameOf(await heartbeat(elsewhere, 'g', NOBODY))).toBe('COORDINATOR_NOT_AVAILABLE')
    expect(nameOf(await heartbeat(client, 'g', NOBODY))).not.toBe('COORDINATOR_NOT_AVAILABLE')
    kafka.clearFaults()
    const rule = kafka.on(Heartbeat, { when: ({ groupId }) => groupId === 'g' }).fail('ILLEGAL_GENERATION')
    expect(nameOf(await heartbeat(client, 'g', NOBODY))).toBe('ILLEGAL_GENERATION')
    expect(nameOf(await heartbeat(client, 'h', NOBODY))).not.toBe('ILLEGAL_GENERATION')
    expect(rule.hits).toBe(1)
  })

  it('delay requests, and with them the later ones of their connection', async () => {
    kafka.on(Metadata).once().delay(200)
    kafka.on(Metadata).once().delay(100)
    const order: string[] = []
    const first = client.request(Metadata, 9, { topics: [] }).then(() => order.push('delayed'))
    const second = client.request(Heartbeat, 4, { groupId: 'g', ...NOBODY }).then(() => order.push('behind'))
    await settle()
    await clock.advance(299)
    expect(order).toEqual([])
    await clock.advance(1)
    await Promise.all([first, second])
    expect(order).toEqual(['delayed', 'behind'])
  })

  it('delay and fail one request', async () => {
    kafka.on(Produce).delay(50)
    kafka.on(Produce).once().fail('CORRUPT_MESSAGE')
    const answer = produced()
    await settle()
    await clock.advance(50)
    expect(await answer).toBe('CORRUPT_MESSAGE')
  })

  it('leave no timer behind for a client that goes', async () => {
    kafka.on(Produce).delay(50)
    const answer = produced().catch((error: Error) => error.message)
    await settle()
    expect(clock.pending).toBe(1)
    client.close()
    expect(await answer).toBe('connection closed')
    await settle()
    expect(clock.pending).toBe(0)
    expect(kafka.records('t')).toEqual([])
  })

  it('say with acks 0 by the end of the connection that something failed', async () => {
    kafka.on(Produce).once().fail('KAFKA_STORAGE_ERROR')
    client.send(Produce, 9, produceBody('t', 0, batchOf(['a']), 0))
    await client.closed
  })

  it('fail a fetch at each partition, or at its session', async () => {
    kafka.on(Fetch).once().fail('KAFKA_STORAGE_ERROR')
    expect(nameOf((await fetch(client, 't', 0, 0)).errorCode)).toBe('KAFKA_STORAGE_ERROR')
    kafka.on(Fetch).once().fail('FETCH_SESSION_ID_NOT_FOUND')
    const { errorCode, responses } = await client.request(Fetch, 12, { maxWaitMs: 0, minBytes: 1, topics: [] })
    expect([nameOf(errorCode), responses]).toEqual(['FETCH_SESSION_ID_NOT_FOUND', []])
  })

  it('fail metadata at each topic, with brokers still told', async () => {
    kafka.on(Metadata).once().fail('LEADER_NOT_AVAILABLE')
    const { topics, brokers } = await client.request(Metadata, 9, { topics: [{ topicId: ZERO_UUID, name: 't' }] })
    expect([topics.map(({ name, errorCode }) => `${name} ${nameOf(errorCode)}`), brokers.length]).toEqual([['t LEADER_NOT_AVAILABLE'], 2])
  })

  it('refuse what they can not be', () => {
    expect(() => kafka.on(Produce).times(0)).toThrow('times must be a whole number of at least 1')
    expect(() => kafka.on(Produce).delay(Number.NaN)).toThrow('delay must be milliseconds')
    expect(() => kafka.on(Produce).fail('NO_SUCH_CODE' as 'NONE' extends string ? 'CORRUPT_MESSAGE' : never)).toThrow('NO_SUCH_CODE')
    expect(() => kafka.on({ ...Produce, name: 'AlterPartition', key: 56 } as AnyApi).once()).toThrow('AlterPartition')
  })

  it('are seen by the recorder like every request', async () => {
    kafka.on(FindCoordinator).once().disconnect()
    await client.request(FindCoordinator, 2, { key: 'g' }).catch(() => {})
    const seen = await kafka.sawRequest(FindCoordinator, ({ body }) => body.key === 'g')
    expect(seen).toMatchObject({ api: 'FindCoordinator', version: 2, broker: 1, clientId: 'raw', correlationId: 1 })
  })
})
