import { type CallOptions, ClosedError, withDeadline } from '@k/network'
import type { Clock } from '@k/protocol'

// The work has the same deadline, and tells better what it waited for: it gets the time to say so.
const GRACE_MS = 100

/** Calls of the user that are under way: each ends by its deadline, with its signal, or when the consumer closes. */
export class Calls {
  readonly #clock: Clock
  readonly #timeoutMs: number
  readonly #open = new Set<AbortController>()
  #closed: ClosedError | undefined

  /** @param timeoutMs - for one call (`defaultApiTimeoutMs`) */
  constructor(clock: Clock, timeoutMs: number) {
    this.#clock = clock
    this.#timeoutMs = timeoutMs
  }

  /** Does `work`, whose signal aborts as soon as nobody waits for it any more. @throws ClosedError, TimeoutError, and what `work` throws */
  async run<T>(what: string, { signal }: CallOptions, work: (signal: AbortSignal, timeoutMs: number) => Promise<T>): Promise<T> {
    this.checkOpen()
    signal?.throwIfAborted()
    const call = new AbortController()
    const onAbort = () => call.abort(signal?.reason)
    signal?.addEventListener('abort', onAbort)
    this.#open.add(call)
    try {
      const options = { what, deadline: 'defaultApiTimeoutMs', signal: call.signal }
      return await withDeadline(this.#clock, work(call.signal, this.#timeoutMs), this.#timeoutMs + GRACE_MS, options)
    } finally {
      signal?.removeEventListener('abort', onAbort)
      this.#open.delete(call)
      call.abort()
    }
  }

  /** @throws ClosedError */
  checkOpen(): void {
    if (this.#closed !== undefined) throw this.#closed
  }

  close(): void {
    this.#closed = new ClosedError('the consumer was closed')
    for (const call of this.#open) call.abort(this.#closed)
  }
}
