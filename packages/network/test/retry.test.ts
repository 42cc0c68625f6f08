import { BrokerError, KafkaError } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { ConnectionError, type RetryOptions, retry } from '../src/index.ts'
import { ManualClock, settled } from './support/manual-clock.ts'
import { Outcome } from './support/outcome.ts'

const lost = () => new ConnectionError('CONNECTION_CLOSED', 'lost the connection', { broker: 'b', phase: 'request' })

function setUp(attempt: (number: number) => Promise<string>, options: Partial<RetryOptions> = {}) {
  const clock = new ManualClock()
  const refreshes: number[] = []
  const scope = {
    clock,
    random: { next: () => 0.5 },
    options: { retryBackoffMs: 100, retryBackoffMaxMs: 1_000 },
    refresh: async () => {
      refreshes.push(clock.monotonic())
    },
  }
  const attempts: number[] = []
  const outcome = new Outcome(
    retry(
      scope,
      ({ number }) => {
        attempts.push(clock.monotonic())
        return attempt(number)
      },
      { timeoutMs: 1_000, what: 'listing offsets', ...options },
    ),
  )
  return { clock, attempts, refreshes, outcome }
}

describe('retry', () => {
  it('gives the first success', async () => {
    const { outcome, attempts } = setUp(async (number) => `attempt ${number}`)
    await settled()
    expect(outcome.value).toBe('attempt 1')
    expect(attempts).toHaveLength(1)
  })

  it('goes on after errors that are retriable, with growing pauses', async () => {
    const { outcome, attempts, clock, refreshes } = setUp(async (number) => {
      if (number < 4) throw lost()
      return 'done'
    })
    await clock.advance(1_000)
    expect(outcome.value).toBe('done')
    expect(attempts).toEqual([0, 100, 300, 700])
    expect(refreshes).toEqual([])
  })

  it.each([new KafkaError('INVALID_ARGUMENT', 'no'), new BrokerError(29, 'no'), new TypeError('bug')])(
    'stops at once for %s',
    async (error) => {
      const { outcome, attempts, clock } = setUp(() => Promise.reject(error))
      await clock.advance(1_000)
      expect(outcome.error).toBe(error)
      expect(attempts).toHaveLength(1)
    },
  )

  it('refreshes the picture of the cluster before the next attempt where an error says that it is stale', async () => {
    const { outcome, refreshes, clock } = setUp(async (number) => {
      if (number === 1) throw new BrokerError(6, 'cannot list')
      if (number === 2) throw new BrokerError(14, 'cannot list')
      return 'done'
    })
    await clock.advance(1_000)
    expect(outcome.value).toBe('done')
    expect(refreshes).toEqual([100])
  })

  it('ends at the deadline with the last error as the cause', async () => {
    const { outcome, clock, attempts } = setUp(() => Promise.reject(lost()))
    await clock.advance(5_000)
    expect(outcome.error).toMatchObject({
      name: 'TimeoutError',
      deadline: 'defaultApiTimeoutMs',
      elapsedMs: 1_000,
      message: 'listing offsets timed out after 1000 ms (defaultApiTimeoutMs); the last attempt failed: lost the connection',
      cause: { code: 'CONNECTION_CLOSED' },
    })
    expect(attempts.at(-1)).toBeLessThanOrEqual(1_000)
  })

  it('ends an attempt that hangs at the deadline, and tells of the one before', async () => {
    const { outcome, clock } = setUp((number) => (number === 1 ? Promise.reject(lost()) : new Promise(() => {})), {
      deadline: 'maxBlockMs',
    })
    await clock.advance(1_000)
    expect(outcome.error).toMatchObject({ name: 'TimeoutError', deadline: 'maxBlockMs', cause: { code: 'CONNECTION_CLOSED' } })
  })

  it('ends with the reason of its signal, in an attempt and in a pause', async () => {
    for (const attempt of [() => new Promise<string>(() => {}), () => Promise.reject(lost())]) {
      const aborter = new AbortController()
      const { outcome, clock, attempts } = setUp(attempt, { signal: aborter.signal })
      await clock.advance(10)
      aborter.abort('stop')
      await clock.advance(1_000)
      expect(outcome.error).toBe('stop')
      expect(attempts).toHaveLength(1)
      expect(clock.timers).toEqual([])
    }
  })

  it('tells of each error that leads to another attempt, and stops where the listener throws', async () => {
    const seen: [string, number][] = []
    const { outcome, clock } = setUp(() => Promise.reject(lost()), {
      onRetry: (error, attempt) => {
        seen.push([error.code, attempt])
        if (attempt === 2) throw new RangeError('given up')
      },
    })
    await clock.advance(1_000)
    expect(seen).toEqual([
      ['CONNECTION_CLOSED', 1],
      ['CONNECTION_CLOSED', 2],
    ])
    expect(outcome.error).toBeInstanceOf(RangeError)
  })

  it('pauses for as long as the listener answers, and does not ask in the last moment', async () => {
    const pauses = [1, undefined, 2, 2_000]
    const onRetry = (_: KafkaError, attempt: number) => ({ pauseMs: pauses[attempt - 1] })
    const { outcome, clock, attempts } = setUp(() => Promise.reject(lost()), { onRetry })
    await clock.advance(1_000)
    expect(attempts).toEqual([0, 1, 101, 103])
    expect(outcome.error).toMatchObject({ code: 'TIMED_OUT', elapsedMs: 1_000, cause: { code: 'CONNECTION_CLOSED' } })
  })

  it('takes nothing for a pause that a listener happens to return', async () => {
    const seen: KafkaError[] = []
    const { clock, attempts } = setUp(() => Promise.reject(lost()), { onRetry: (error) => seen.push(error) })
    await clock.advance(1_000)
    expect(attempts).toEqual([0, 100, 300, 700])
  })

  it('makes one attempt at least, with what is left of the deadline', async () => {
    const clock = new ManualClock()
    const remaining: number[] = []
    const scope = { clock, random: { next: () => 0.5 }, options: { retryBackoffMs: 100, retryBackoffMaxMs: 1_000 } }
    const outcome = new Outcome(
      retry(
        scope,
        async ({ remainingMs }) => {
          remaining.push(remainingMs)
          throw lost()
        },
        { timeoutMs: 250, what: 'x' },
      ),
    )
    await clock.advance(300)
    expect(remaining).toEqual([250, 150])
    expect(outcome.state).toBe('rejected')
  })
})
