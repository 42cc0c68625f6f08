import { brokerErrorCodes, brokerErrorRow, KafkaError } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { ProducerId } from '../src/producer-id.ts'
import { ManualClock } from './manual-clock.ts'

/** Answers the first request with a code, and later ones with an id. */
async function ask(errorCode: number) {
  const clock = new ManualClock()
  const refusals: Error[] = []
  let asked = 0
  const producerId = new ProducerId({
    clock,
    random: { next: () => 0.5 },
    cluster: {
      request: async () => {
        asked += 1
        return { errorCode: asked === 1 ? errorCode : 0, producerId: 7n, producerEpoch: 0 } as never
      },
    },
    clientId: 'test',
    requestTimeoutMs: 1_000,
    closing: new AbortController().signal,
    options: { retryBackoffMs: 100, retryBackoffMaxMs: 1_000 },
    accumulator: () => ({ isEmpty: false, updateTopics: () => undefined, failAll: (error) => refusals.push(error) }),
  })
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve))
  producerId.ask()
  await settle()
  clock.pass(1_000)
  await settle()
  const again = { asked, refusals: [...refusals], identity: producerId.identity }
  producerId.ask()
  await settle()
  return { ...again, later: producerId.identity }
}

const retried = ['COORDINATOR_LOAD_IN_PROGRESS', 'COORDINATOR_NOT_AVAILABLE', 'NOT_COORDINATOR', 'CONCURRENT_TRANSACTIONS']

describe('InitProducerId answered with', () => {
  for (const code of brokerErrorCodes) {
    const { errorCode, retriable } = brokerErrorRow(code)
    const isRetried = retriable || retried.includes(code)
    it(`${code}: ${isRetried ? 'is asked again, and nobody hears of it' : 'rejects what waits for it, and later records ask anew'}`, async () => {
      const { asked, refusals, identity, later } = await ask(errorCode)
      expect(asked).toBe(isRetried ? 2 : 1)
      expect(refusals.map((error) => KafkaError.is(error, code))).toEqual(isRetried ? [] : [true])
      expect(identity !== undefined).toBe(isRetried)
      expect(later).toEqual({ producerId: 7n, producerEpoch: 0 })
    })
  }

  it.each([999, -2, 32_767])('%i, which no table has: rejects with the number', async (errorCode) => {
    const { refusals, later } = await ask(errorCode)
    expect(refusals).toMatchObject([{ code: 'UNKNOWN_SERVER_ERROR', errorCode }])
    expect(later).toBeDefined()
  })
})
