import type { Clock, KafkaError, Timer } from '@k/protocol'
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
  const { signal } = options
  if (ms === Number.POSITIVE_INFINITY) return abortable(promise, signal)
  promise.catch(ignore)
  return unlessAborted(signal, (resolve, reject) => {
    const started = clock.monotonic()
    promise.then(resolve, reject)
    // Somebody awaits this: the process may have nothing else that keeps it alive.
    return clock.setTimer(() => reject(timedOut(clock, started, options)), ms, true)
  })
}

/** The error of a deadline that passed. @param cause - what the last attempt met */
export function timedOut(clock: Clock, started: number, options: DeadlineOptions, cause?: KafkaError): TimeoutError {
  const { what, deadline = 'timeoutMs', sent } = options
  const elapsedMs = Math.round(clock.monotonic() - started)
  const why = cause === undefined ? '' : `; the last attempt failed: ${cause.message}`
  return new TimeoutError(`${what} timed out after ${elapsedMs} ms (${deadline})${why}`, { deadline, elapsedMs, cause, sent })
}

/** Settles as `promise` does, unless the signal aborts first. */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise
  promise.catch(ignore)
  return unlessAborted(signal, (resolve, reject) => {
    promise.then(resolve, reject)
    return undefined
  })
}

/** Waits `ms` milliseconds. Keeps the process alive: somebody awaits this. */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return unlessAborted(signal, (resolve) => clock.setTimer(() => resolve(), ms, true))
}

type Begin<T> = (resolve: (value: T | PromiseLike<T>) => void, reject: (error: unknown) => void) => Timer | undefined

/** What `begin` makes of it, unless the signal aborts first. In any case the timer that `begin` returned is cancelled in the end. */
function unlessAborted<T>(signal: AbortSignal | undefined, begin: Begin<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    signal?.throwIfAborted()
    const end = () => {
      timer?.cancel()
      signal?.removeEventListener('abort', onAbort)
    }
    const fail = (error: unknown) => {
      end()
      reject(error)
    }
    const onAbort = () => fail(signal?.reason)
    const timer = begin((value) => {
      end()
      resolve(value)
    }, fail)
    signal?.addEventListener('abort', onAbort)
  })
}

/** For promises whose failure others hear of. */
export function ignore(): void {}

/** What was thrown, which may be anything, for a sentence. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : 'it threw no Error'
}
