import { type Cluster, type RequestBody, type RequestTarget, type ResolvedClientOptions, retry } from '@k/network'
import type { AnyApi, ResponseOf } from '@k/protocol'

/** What every call takes besides its arguments. */
export interface AdminCallOptions {
  /** Milliseconds until the call gives up. Default: `defaultApiTimeoutMs`. */
  readonly timeoutMs?: number | undefined
  /** Ends the waiting; the call then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined
}

/** One call of an Admin under way: whom it asks, as whom, and until when. */
export class AdminCall {
  /** The method's name, for errors. */
  readonly what: string
  /** Milliseconds for all attempts together. */
  readonly timeoutMs: number
  readonly #signal: AbortSignal | undefined
  readonly #cluster: Cluster
  readonly #client: ResolvedClientOptions

  constructor(what: string, cluster: Cluster, client: ResolvedClientOptions, options: AdminCallOptions) {
    this.what = what
    this.timeoutMs = options.timeoutMs ?? client.defaultApiTimeoutMs
    this.#signal = options.signal
    this.#cluster = cluster
    this.#client = client
  }

  /** Sends one request: one attempt. */
  request<A extends AnyApi>(api: A, body: RequestBody<A>, to: RequestTarget, minVersion?: number): Promise<ResponseOf<A>> {
    const { clientId, requestTimeoutMs } = this.#client
    return this.#cluster.request(api, body, { to, minVersion, clientId, timeoutMs: requestTimeoutMs, signal: this.#signal })
  }

  /** Attempts until one succeeds, fails for good, or the deadline passes. */
  retry<T>(attempt: () => Promise<T>): Promise<T> {
    const scope = {
      clock: this.#cluster.clock,
      random: this.#cluster.random,
      options: this.#client,
      refresh: () => this.#cluster.refresh(),
    }
    return retry(scope, attempt, { what: this.what, timeoutMs: this.timeoutMs, signal: this.#signal })
  }
}
