import type { Clock, Timer } from '@k/protocol'

/** The machine's time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimer(callback, ms, keepAlive = false): Timer {
    const timer = setTimeout(callback, ms)
    if (!keepAlive) timer.unref()
    return { cancel: () => clearTimeout(timer) }
  },
  endOfTick(callback) {
    setImmediate(callback)
  },
}
