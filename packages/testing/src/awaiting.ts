import { KafkaError } from '@k/protocol'
import { systemClock } from './system-clock.ts'

/** How long a test waits. */
export interface WaitOptions {
  /** After how many ms, on the machine's clock, the wait ends with an error. Default: 5000 */
  readonly timeoutMs?: number
}

/** How often a condition is looked at that no change of the cluster announces, in ms. */
const LOOK_EVERY_MS = 10

/** What can be waited for: everything that counts as true. */
export type Truthy<T> = Exclude<T, undefined | null | false | 0 | 0n | ''>

/**
 * Waits until `look` returns something that counts as true: it is asked when `subscribe` calls, and now and then.
 * The deadline is on the machine's clock also where the cluster has another: it is the test that waits, not Kafka.
 * @param what - what is waited for, for the error
 * @throws KafkaError TIMED_OUT
 */
export async function awaiting<T>(
  look: () => T | Promise<T>,
  subscribe: (look: () => void) => () => void,
  what: () => string,
  { timeoutMs = 5000 }: WaitOptions = {},
): Promise<Truthy<T>> {
  const deadline = systemClock.monotonic() + timeoutMs
  for (;;) {
    let changed = false
    let wake = () => {
      changed = true
    }
    const unsubscribe = subscribe(() => wake())
    try {
      const found = await look()
      if (found) return found as Truthy<T>
      if (systemClock.monotonic() >= deadline) throw new KafkaError('TIMED_OUT', `${what()} within ${timeoutMs} ms`)
      if (changed) continue
      await new Promise<void>((resolve) => {
        const timer = systemClock.setTimer(resolve, LOOK_EVERY_MS, true)
        wake = () => {
          timer.cancel()
          resolve()
        }
      })
    } finally {
      unsubscribe()
    }
  }
}
