import { type Clock, ConfigError, KafkaError } from '@k/protocol'
import { checkNames, shown } from './option-checks.ts'
import { systemClock } from './system-clock.ts'

/** How long a test waits. */
export interface WaitOptions {
  /** After how many ms, on the machine's clock or that of a simulation, the wait ends with an error. Default: 5000 */
  readonly timeoutMs?: number
}

/** What can be waited for: everything that counts as true. */
export type Truthy<T> = Exclude<T, undefined | null | false | 0 | 0n | ''>

/** How often a condition is looked at that no change of the cluster announces, in ms. */
const LOOK_EVERY_MS = 10

/**
 * Waits until `look` returns something that counts as true: it is asked when `subscribe` calls, and now and then.
 * @param what - what is waited for, for the error
 * @param clock - of the deadline: the machine's also where the cluster has another that a test turns by hand, since it is the test that waits
 * @throws KafkaError TIMED_OUT; ConfigError
 */
export async function awaiting<T>(
  look: () => T | Promise<T>,
  subscribe: (look: () => void) => () => void,
  what: () => string,
  options: WaitOptions = {},
  clock: Clock = systemClock,
): Promise<Truthy<T>> {
  checkNames('the wait', options, ['timeoutMs'])
  const { timeoutMs = 5000 } = options
  if (!(typeof timeoutMs === 'number' && timeoutMs >= 0))
    throw new ConfigError('timeoutMs', `must be milliseconds, not ${shown(timeoutMs)}`)
  return new Promise((resolve, reject) => {
    let isLooking = false
    let isOver = false
    let notBefore = 0
    const settle = (how: () => void) => {
      if (isOver) return
      isOver = true
      unsubscribe()
      deadline.cancel()
      again?.cancel()
      how()
    }
    const lookOnce = async () => {
      if (isLooking || isOver) return
      isLooking = true
      again?.cancel()
      const began = clock.monotonic()
      try {
        const found = await look()
        if (found) settle(() => resolve(found as Truthy<T>))
      } catch (error) {
        settle(() => reject(error))
      }
      isLooking = false
      const ended = clock.monotonic()
      // A look that takes its time is taken less often, whatever happens in between.
      notBefore = ended + (ended - began)
      if (!isOver) again = clock.setTimer(lookOnce, LOOK_EVERY_MS, true)
    }
    let again: { cancel(): void } | undefined
    const tooLate = () => settle(() => reject(new KafkaError('TIMED_OUT', `${what()} within ${timeoutMs} ms`)))
    const deadline = clock.setTimer(tooLate, timeoutMs, true)
    const unsubscribe = subscribe(() => {
      if (clock.monotonic() >= notBefore) clock.endOfTick(lookOnce)
    })
    void lookOnce()
  })
}
