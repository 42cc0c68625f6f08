import { KafkaError, UnsupportedVersionError } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { ProducerId } from '../src/producer-id.ts'
import { ManualClock } from './manual-clock.ts'

function setUp(answers: (number | Error)[]) {
  const clock = new ManualClock()
  const closing = new AbortController()
  const events: unknown[] = []
  let asked = 0
  let isWanted = true
  const producerId = new ProducerId({
    clock,
    random: { next: () => 0.5 },
    cluster: {
      request: async () => {
        const answer = answers[asked++] ?? 0
        if (answer instanceof Error) throw answer
        return { errorCode: answer, producerId: 40n + BigInt(asked), producerEpoch: 0 } as never
      },
    },
    clientId: 'test',
    requestTimeoutMs: 1_000,
    closing: closing.signal,
    options: { retryBackoffMs: 100, retryBackoffMaxMs: 1_000 },
    accumulator: () => ({
      isEmpty: !isWanted,
      updateTopics: () => events.push('arrived'),
      failAll: (error) => events.push(error),
    }),
  })
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve))
  return {
    clock,
    closing,
    events,
    producerId,
    settle,
    asked: () => asked,
    unwant: () => {
      isWanted = false
    },
  }
}

const COORDINATOR_LOAD_IN_PROGRESS = 14
const CLUSTER_AUTHORIZATION_FAILED = 31

describe('ProducerId', () => {
  it('is asked for once, however many ask', async () => {
    const { producerId, events, settle, asked } = setUp([])
    producerId.ask()
    producerId.ask()
    expect(producerId.identity).toBe(undefined)
    await settle()
    producerId.ask()
    await settle()
    expect(producerId.identity).toEqual({ producerId: 41n, producerEpoch: 0 })
    expect(asked()).toBe(1)
    expect(events).toEqual(['arrived'])
  })

  it('is asked for again, after growing pauses, while brokers are not ready or not there', async () => {
    const lost = new KafkaError('CONNECTION_CLOSED', 'lost', { retriable: true })
    const { producerId, clock, events, settle, asked } = setUp([COORDINATOR_LOAD_IN_PROGRESS, lost])
    producerId.ask()
    await settle()
    clock.pass(99)
    await settle()
    expect(asked()).toBe(1)
    clock.pass(1)
    await settle()
    clock.pass(199)
    await settle()
    expect(asked()).toBe(2)
    clock.pass(1)
    await settle()
    expect(asked()).toBe(3)
    expect(events).toEqual(['arrived'])
  })

  it('is given up when nobody wants it any more, and asked for anew later', async () => {
    const { producerId, clock, settle, asked, unwant } = setUp([COORDINATOR_LOAD_IN_PROGRESS])
    unwant()
    producerId.ask()
    await settle()
    clock.pass(10_000)
    await settle()
    expect(asked()).toBe(1)
    producerId.ask()
    await settle()
    expect(producerId.identity).not.toBe(undefined)
  })

  it('may be refused', async () => {
    const { producerId, events, settle } = setUp([CLUSTER_AUTHORIZATION_FAILED])
    producerId.ask()
    await settle()
    expect(events).toMatchObject([{ code: 'CLUSTER_AUTHORIZATION_FAILED' }])
    await producerId.obtain()
    expect(producerId.identity).toEqual({ producerId: 42n, producerEpoch: 0 })
  })

  it('that a broker is too old to give is named as such, with the way out', async () => {
    const { producerId, events, settle } = setUp([new UnsupportedVersionError('no InitProducerId', { api: 'InitProducerId' })])
    producerId.ask()
    await settle()
    expect(UnsupportedVersionError.is(events[0])).toBe(true)
    expect((events[0] as Error).message).toContain('enableIdempotence: false')
  })

  it('is replaced when its epochs are used up', async () => {
    const { producerId, settle, asked } = setUp([])
    producerId.ask()
    await settle()
    const identity = producerId.identity!
    expect(producerId.renew({ producerId: identity.producerId, producerEpoch: 32_766 })?.producerEpoch).toBe(32_767)
    expect(producerId.renew({ producerId: identity.producerId, producerEpoch: 32_767 })).toBe(undefined)
    expect(producerId.identity).toBe(undefined)
    await settle()
    expect(producerId.identity?.producerId).toBe(42n)
    producerId.renew({ producerId: identity.producerId, producerEpoch: 32_767 })
    await settle()
    expect(asked()).toBe(2)
  })

  it('leaves no pause behind when it is closed', async () => {
    const { producerId, clock, closing, settle, asked } = setUp([COORDINATOR_LOAD_IN_PROGRESS])
    producerId.ask()
    await settle()
    expect(clock.timers).toBe(1)
    closing.abort()
    await settle()
    expect(clock.timers).toBe(0)
    expect(asked()).toBeLessThanOrEqual(2)
  })
})
