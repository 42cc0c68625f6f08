import { type BrokerError, type Clock, KafkaError, type Random } from '@k/protocol'
import { Backoff } from './backoff.ts'
import { checkTimeout } from './call-checks.ts'
import { type CallOptions, ignore, sleep, timedOut, withDeadline } from './deadline.ts'
import { TimeoutError } from './errors/timeout-error.ts'

/** What {@link retry} needs of its surroundings: a {@link Cluster} fits. */
export interface RetryScope {
  /** Time, for deadline and pauses. */
  readonly clock: Clock
  /** By which pauses are spread. */
  readonly random: Random
  /** How long the pauses between attempts are, in milliseconds. */
  readonly options: { readonly retryBackoffMs: number; readonly retryBackoffMaxMs: number }
  /** Called before the next attempt where an error says that the picture of the cluster is stale. */
  refresh?(topics?: readonly string[], options?: CallOptions): Promise<void>
}

/** How long {@link retry} goes on, and what it says when it ends. */
export interface RetryOptions extends CallOptions {
  /** All attempts together, in milliseconds. */
  readonly timeoutMs: number
  /** The option that sets `timeoutMs`. Default: `defaultApiTimeoutMs`. */
  readonly deadline?: string
  /** What is being done, as the beginning of a sentence: `listing offsets of topic orders`. */
  readonly what: string
  /**
   * Called with each error that leads to another attempt; may await what the next attempt needs, answer `{ pauseMs }` where it is not for the
   * growing pauses to say how many milliseconds to pause before it, or throw to give up.
   */
  readonly onRetry?: (error: KafkaError, attempt: number) => unknown
}

/** What an attempt is told. */
export interface Attempt {
  /** 1 for the first. */
  readonly number: number
  /** Milliseconds that are left of the deadline. */
  readonly remainingMs: number
  /** Aborts with the caller's signal. */
  readonly signal: AbortSignal | undefined
}

/**
 * The one loop for calls that are not hot: attempts until one succeeds, fails with an error that is not retriable, or the deadline passes.
 * @throws TimeoutError whose cause is the last attempt's error
 */
export async function retry<T>(scope: RetryScope, attempt: (attempt: Attempt) => Promise<T>, options: RetryOptions): Promise<T> {
  const { clock, random } = scope
  const { timeoutMs, deadline = 'defaultApiTimeoutMs', signal, onRetry } = options
  // Of a number that is none no deadline would ever come.
  checkTimeout(Math.max(0, timeoutMs))
  const limits = { ...options, deadline }
  const backoff = new Backoff({ ...scope.options, random })
  const started = clock.monotonic()
  const remaining = () => Math.max(0, timeoutMs - (clock.monotonic() - started))
  let last: KafkaError | undefined
  let number = 0
  do {
    signal?.throwIfAborted()
    number += 1
    const remainingMs = remaining()
    try {
      return await withDeadline(clock, attempt({ number, remainingMs, signal }), remainingMs, limits)
    } catch (error) {
      signal?.throwIfAborted()
      if (!KafkaError.is(error) || !error.retriable) throw error
      // Our own deadline during an attempt tells less than what the attempt before it met.
      if (last === undefined || !TimeoutError.is(error) || error.deadline !== deadline) last = error
    }
    if (remaining() === 0) break
    // Many a listener returns a number without meaning anything by it.
    const { pauseMs = backoff.next() } = Object(await onRetry?.(last, number)) as { pauseMs?: number }
    const leftMs = remaining()
    await sleep(clock, Math.min(pauseMs, leftMs), signal)
    // What is asked in the last moment, when a timer rings a little early, only leaves a doubt.
    if (pauseMs >= leftMs) break
    if ((last as Partial<BrokerError>).invalidatesMetadata && scope.refresh !== undefined) {
      // What fails here fails again, and better told, in the attempt.
      await withDeadline(clock, scope.refresh(), remaining(), limits).catch(ignore)
    }
  } while (remaining() > 0)
  throw timedOut(clock, started, limits, last)
}
