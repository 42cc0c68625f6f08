import { AsyncLocalStorage } from 'node:async_hooks'
import { type Logger, TimeoutError, withDeadline } from '@k/network'
import { type Clock, KafkaError } from '@k/protocol'
import type { RebalanceListener } from './rebalance-listener.ts'
import type { TopicPartition } from './topic-partition.ts'

/** What a listener can be called for. */
export type ListenerCall = 'onPartitionsAssigned' | 'onPartitionsRevoked' | 'onPartitionsLost'

/** Calls rebalance listeners, and knows who calls from inside one. */
export class Listening {
  readonly #clock: Clock
  readonly #timeoutMs: number
  readonly #logger: Logger
  readonly #onError: (error: KafkaError) => void
  readonly #inside = new AsyncLocalStorage<true>()
  readonly #closing = new AbortController()
  #running = 0

  /**
   * @param timeoutMs - how long one call is awaited (`maxPollIntervalMs`)
   * @param onError - hears of a listener that threw
   */
  constructor(clock: Clock, timeoutMs: number, logger: Logger, onError: (error: KafkaError) => void) {
    this.#clock = clock
    this.#timeoutMs = timeoutMs
    this.#logger = logger
    this.#onError = onError
  }

  /** Whether the caller runs inside a listener, also behind an `await` of its. */
  get isInside(): boolean {
    return this.#running > 0 && this.#inside.getStore() === true
  }

  /** @throws KafkaError with `CALLED_IN_LISTENER` */
  refuseInside(what: string): void {
    if (!this.isInside) return
    throw new KafkaError(
      'CALLED_IN_LISTENER',
      `${what} was called inside a rebalance listener, and would wait for that listener to end: call it elsewhere, without the listener awaiting it`,
    )
  }

  /** Waits for no listener any more, and calls none: one that never ends must not keep the process alive. */
  close(): void {
    this.#closing.abort()
  }

  /** Calls and awaits, as long as there is time. Never rejects. */
  async call(listener: RebalanceListener | undefined, name: ListenerCall, partitions: readonly TopicPartition[]): Promise<void> {
    const hear = listener?.[name] ?? (name === 'onPartitionsLost' ? listener?.onPartitionsRevoked : undefined)
    if (hear === undefined || partitions.length === 0 || this.#closing.signal.aborted) return
    this.#running++
    const heard = this.#inside.run(true, async () => {
      await hear.call(listener, partitions)
    })
    const ended = () => {
      // Node before 24 pays for every promise while a storage is in use.
      if (--this.#running === 0) this.#inside.disable()
    }
    heard.then(ended, ended)
    try {
      const { signal } = this.#closing
      await withDeadline(this.#clock, heard, this.#timeoutMs, { what: `the listener's ${name}`, deadline: 'maxPollIntervalMs', signal })
    } catch (error) {
      if (this.#closing.signal.aborted) return
      if (TimeoutError.is(error) && error.deadline === 'maxPollIntervalMs') {
        this.#logger.warn(`${name} of the rebalance listener takes too long, and is waited for no longer`, { elapsedMs: error.elapsedMs })
        return
      }
      const message = error instanceof Error ? error.message : String(error)
      this.#onError(new KafkaError('LISTENER_FAILED', `${name} of the rebalance listener threw: ${message}`, { cause: error }))
    }
  }
}
