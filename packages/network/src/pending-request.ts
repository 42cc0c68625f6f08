import type { AnyApi, RequestInputOf, ResponseOf } from '@k/protocol'
import { checkCall } from './call-checks.ts'
import type { ResolvedOptions } from './options.ts'

/** A body, or what makes it once the version is known. */
export type RequestBody<A extends AnyApi> = RequestInputOf<A> | ((version: number) => RequestInputOf<A>)

/** What a request resolves to: the answer, or undefined where none was wanted. */
export type AnswerOf<A extends AnyApi, O> = O extends { readonly noResponse: true } ? undefined : ResponseOf<A>

/** What a caller hands in besides API and body. */
export interface PendingRequestOptions {
  /** The name in the request's header. */
  readonly clientId: string
  /** How long it may take, waiting for the connection included. */
  readonly timeoutMs: number
  /** The lowest version of the API that will do. */
  readonly minVersion?: number | undefined
  /** The highest. */
  readonly maxVersion?: number | undefined
  /** The broker sends no answer (acks 0): it is done once its bytes have left. */
  readonly noResponse?: boolean | undefined
  /** Ends the waiting; what was sent may be done all the same. */
  readonly signal?: AbortSignal | undefined
}

/** A request and whoever waits for it. Settles once. */
export class PendingRequest {
  readonly api: AnyApi
  /** The body, or what makes it once the version is known. */
  readonly body: unknown
  readonly options: Partial<PendingRequestOptions>
  readonly clientId: string
  /** Resolves to the response's body; undefined for a request without an answer. */
  readonly answer: Promise<unknown>
  /** On the monotonic clock. */
  readonly startedAt: number
  /** On the monotonic clock. */
  readonly deadline: number
  version = -1
  correlationId = -1
  sentAt = 0
  requestBytes = 0
  /** Whether nobody waits any more. */
  settled = false
  #resolve!: (body: unknown) => void
  #reject!: (error: unknown) => void
  /** Listened to as long as somebody waits. */
  #signal: AbortSignal | undefined
  readonly #onAbort = () => this.reject(this.#signal?.reason)

  constructor(api: AnyApi, body: unknown, options: Partial<PendingRequestOptions>, defaults: ResolvedOptions) {
    const { signal, timeoutMs = defaults.requestTimeoutMs } = options
    this.api = api
    this.body = body
    this.options = options
    this.clientId = options.clientId ?? defaults.clientId
    this.startedAt = defaults.clock.monotonic()
    this.deadline = this.startedAt + timeoutMs
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    try {
      checkCall(options)
      signal?.throwIfAborted()
      this.#signal = signal
      signal?.addEventListener('abort', this.#onAbort)
    } catch (error) {
      this.reject(error)
    }
  }

  resolve(body: unknown): void {
    this.#settle()
    this.#resolve(body)
  }

  reject(error: unknown): void {
    this.#settle()
    this.#reject(error)
  }

  #settle(): void {
    this.settled = true
    this.#signal?.removeEventListener('abort', this.#onAbort)
  }
}
