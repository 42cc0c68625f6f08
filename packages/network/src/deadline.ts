import type { Clock } from '@k/protocol'
import { TimeoutError } from './errors/timeout-error.ts'

/** What every awaiting call takes. */
export interface CallOptions {
  /** Ends the waiting: the call rejects with `signal.reason`. What was already sent may still happen. */
  readonly signal?: AbortSignal | undefined
}

/** Names a deadline in the error that it ends in. */
export interface DeadlineOptions extends CallOptions {
  /** What is awaited, as in "... timed out after 100 ms": `metadata of topic orders`. */
  readonly what: string
  /** The option that sets the deadline. Default: `timeoutMs`. */
  readonly deadline?: string
  /** Whether a request may have been written by the time of the deadline. Default: true. */
  readonly sent?: boolean
}

/**
 * Settles as `promise` does, unless `ms` pass or the signal aborts first. The work behind `promise` goes on, and its late failure is nobody's.
 * @throws TimeoutError
 */
export function withDeadline<T>(clock: Clock, promise: Promise<T>, ms: number, options: DeadlineOptions): Promise<T> {
  const { what, deadline = 'timeoutMs', signal, sent } = options
  if (signal?.aborted) {
    promise.catch(ignore)
    return Promise.reject(signal.reason)
  }
  if (ms === Number.POSITIVE_INFINITY && signal === undefined) return promise
  return new Promise<T>((resolve, reject) => {
    const started = clock.monotonic()
    const onTime = () => {
      const elapsedMs = Math.round(clock.monotonic() - started)
      settle(() => reject(new TimeoutError(`${what} timed out after ${elapsedMs} ms (${deadline})`, { deadline, elapsedMs, sent })))
    }
    // Somebody awaits this: the process may have nothing else that keeps it alive.
    const timer = clock.setTimer(onTime, ms, true)
    const onAbort = () => settle(() => reject(signal?.reason))
    let isSettled = false
    const settle = (how: () => void) => {
      if (isSettled) return
      isSettled = true
      timer.cancel()
      signal?.removeEventListener('abort', onAbort)
      how()
    }
    signal?.addEventListener('abort', onAbort)
    promise.then(
      (value) => settle(() => resolve(value)),
      (error: unknown) => settle(() => reject(error)),
    )
  })
}

/** Settles as `promise` does, unless the signal aborts first. */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise
  if (signal.aborted) {
    promise.catch(ignore)
    return Promise.reject(signal.reason)
  }
  return new Promise<T>((resolve, reject) => {
    const onAbort = () => reject(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}

/** Waits `ms` milliseconds. Keeps the process alive: somebody awaits this. */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.reject(signal.reason)
  return new Promise<void>((resolve, reject) => {
    const onAbort = () => {
      timer.cancel()
      reject(signal?.reason)
    }
    const timer = clock.setTimer(
      () => {
        signal?.removeEventListener('abort', onAbort)
        resolve()
      },
      ms,
      true,
    )
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}

/** For promises whose failure others hear of. */
export function ignore(): void {}

/** What was thrown, which may be anything, for a sentence. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : 'something that is no Error was thrown'
}
