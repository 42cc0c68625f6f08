import type { AnyApi } from '@k/protocol'
import { formatRequest } from './format-request.ts'
import type { RecordedRequest, RecordedRequests } from './recorded-requests.ts'

type Listener = (request: RecordedRequest) => void

const MAX_REQUESTS = 10_000
const MAX_BYTES = 16 * 1024 * 1024

/** Keeps the latest requests. */
export class RequestRecorder implements RecordedRequests {
  // Those before #first have been dropped, and are undefined.
  #requests: ({ readonly request: RecordedRequest; readonly bytes: number } | undefined)[] = []
  #first = 0
  #bytes = 0
  readonly #listeners = new Set<Listener>()

  get length(): number {
    return this.#requests.length - this.#first
  }

  list<A extends AnyApi>(api: A): RecordedRequest<A>[]
  list(): RecordedRequest[]
  list(api?: AnyApi): RecordedRequest[] {
    const all = [...this]
    return api === undefined ? all : all.filter((request) => request.api === api.name)
  }

  *[Symbol.iterator](): Iterator<RecordedRequest> {
    for (let i = this.#first; i < this.#requests.length; i++) yield this.#requests[i]!.request
  }

  format(api?: AnyApi): string {
    const requests = api === undefined ? this.list() : this.list(api)
    return requests.map(formatRequest).join('\n')
  }

  clear(): void {
    this.#requests = []
    this.#first = 0
    this.#bytes = 0
  }

  onRequest(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #drop(): void {
    this.#bytes -= this.#requests[this.#first]!.bytes
    this.#requests[this.#first++] = undefined
    // The array is made shorter now and then, so that dropping one request costs next to nothing.
    if (this.#first <= MAX_REQUESTS) return
    this.#requests = this.#requests.slice(this.#first)
    this.#first = 0
  }

  /** @param bytes - what keeping the request costs */
  record(request: RecordedRequest, bytes: number): void {
    this.#requests.push({ request, bytes })
    this.#bytes += bytes
    while (this.length > 1 && (this.length > MAX_REQUESTS || this.#bytes > MAX_BYTES)) this.#drop()
    for (const listener of [...this.#listeners]) listener(request)
  }
}
