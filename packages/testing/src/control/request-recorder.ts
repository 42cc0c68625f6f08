import type { AnyApi, RequestOf } from '@k/protocol'

/** A request that a broker has seen. */
export interface RecordedRequest<A extends AnyApi = AnyApi> {
  /** The API's name, as Kafka has it. */
  readonly api: string
  readonly version: number
  /** The broker that was asked. */
  readonly broker: number
  /** Which connection it came on, by a number that no other connection of this cluster has. */
  readonly connection: number
  readonly correlationId: number
  readonly clientId: string | null
  readonly body: RequestOf<A>
}

type Listener = (request: RecordedRequest) => void

const MAX_REQUESTS = 10_000
const MAX_BYTES = 16 * 1024 * 1024

/** The latest requests of all brokers, in the order of their arrival: at most 10,000 of them, and 16 MiB. */
export class RequestRecorder implements Iterable<RecordedRequest> {
  // Those before #first have been dropped, and are undefined.
  #requests: ({ readonly request: RecordedRequest; readonly bytes: number } | undefined)[] = []
  #first = 0
  #bytes = 0
  readonly #listeners = new Set<Listener>()

  /** How many are kept. */
  get length(): number {
    return this.#requests.length - this.#first
  }

  /** Those of one API, or all, oldest first. */
  list<A extends AnyApi>(api: A): RecordedRequest<A>[]
  list(): RecordedRequest[]
  list(api?: AnyApi): RecordedRequest[] {
    const all = [...this]
    return api === undefined ? all : all.filter((request) => request.api === api.name)
  }

  *[Symbol.iterator](): Iterator<RecordedRequest> {
    for (let i = this.#first; i < this.#requests.length; i++) yield this.#requests[i]!.request
  }

  /** Forgets what it has seen. */
  clear(): void {
    this.#requests = []
    this.#first = 0
    this.#bytes = 0
  }

  /** Calls `listener` with each request to come, until the returned function is called. */
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
