import type { Clock, Timer } from '@k/protocol'

// Node fires a timer beyond this at once.
const LONGEST_MS = 2 ** 31 - 1

/** The machine's time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimer(callback, ms, keepAlive): Timer {
    const timer = setTimeout(callback, Math.min(ms, LONGEST_MS))
    if (!keepAlive) timer.unref()
    return { cancel: () => clearTimeout(timer) }
  },
  endOfTick(callback) {
    setImmediate(callback)
  },
}
