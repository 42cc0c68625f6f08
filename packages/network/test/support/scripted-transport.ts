import {
  type AnyApi,
  ApiVersions,
  decodeRequest,
  encodeResponse,
  peekRequest,
  type RequestOf,
  type ResponseInputOf,
  type Transport,
  type TransportConnection,
  type TransportHandler,
  type TransportTarget,
} from '@k/protocol'
import { settled } from './manual-clock.ts'

/** A request that a scripted broker has received. */
export interface SeenRequest {
  readonly apiKey: number
  readonly version: number
  readonly correlationId: number
  readonly bytes: Buffer
}

/** The broker's end of one connection: the test says what it does. */
export class ScriptedSocket implements TransportConnection {
  readonly target: TransportTarget
  readonly #handler: TransportHandler
  readonly #onRequest: (request: SeenRequest, socket: ScriptedSocket) => void
  /** Each write, whole. */
  readonly writes: Buffer[] = []
  readonly requests: SeenRequest[] = []
  /** What `write` returns. */
  takesAll = true
  isDestroyed = false
  #rest = Buffer.alloc(0)
  #closed = false

  constructor(target: TransportTarget, handler: TransportHandler, onRequest: (request: SeenRequest, socket: ScriptedSocket) => void) {
    this.target = target
    this.#handler = handler
    this.#onRequest = onRequest
  }

  write(chunks: readonly Uint8Array[]): boolean {
    const bytes = Buffer.concat(chunks)
    this.writes.push(bytes)
    this.#rest = Buffer.concat([this.#rest, bytes])
    while (this.#rest.length >= 4 && this.#rest.length >= 4 + this.#rest.readInt32BE(0)) {
      const end = 4 + this.#rest.readInt32BE(0)
      const frame = this.#rest.subarray(4, end)
      this.#rest = this.#rest.subarray(end)
      const request = { ...peekRequest(frame), bytes: frame }
      this.requests.push(request)
      setImmediate(() => this.#onRequest(request, this))
    }
    return this.takesAll
  }

  destroy(): void {
    this.isDestroyed = true
    setImmediate(() => this.close())
  }

  drain(): void {
    this.#handler.drained()
  }

  /** Bytes arrive at the client, `step` at a time. */
  feed(bytes: Uint8Array, step = bytes.length): void {
    for (let at = 0; at < bytes.length && !this.isDestroyed; ) {
      const buffer = this.#handler.buffer()
      const length = Math.min(step, buffer.length, bytes.length - at)
      buffer.set(bytes.subarray(at, at + length))
      this.#handler.received(length)
      at += length
    }
  }

  reply<A extends AnyApi>(api: A, request: SeenRequest, body: ResponseInputOf<A>): void {
    this.feed(Buffer.concat(encodeResponse(api, body, request)))
  }

  /** The connection ends. */
  close(error?: Error): void {
    if (this.#closed) return
    this.#closed = true
    this.isDestroyed = true
    this.#handler.closed(error)
  }

  /** The n-th request of an API, once it is there. */
  async request<A extends AnyApi>(api: A, n = 0): Promise<SeenRequest & { body: RequestOf<A> }> {
    for (let turn = 0; turn < 50; turn++) {
      const seen = this.requests.filter(({ apiKey }) => apiKey === api.key)[n]
      if (seen !== undefined) return { ...seen, body: decodeRequest(api, seen.version, seen.bytes).body }
      await settled()
    }
    throw new Error(`no request ${api.name} (${n}) came; there were ${this.requests.map(({ apiKey }) => apiKey).join(', ')}`)
  }
}

type Answer = (body: never, request: SeenRequest, socket: ScriptedSocket) => object | undefined

/** What a scripted broker answers to an API; undefined leaves it unanswered. */
export interface Script {
  readonly api: AnyApi
  readonly answer: Answer
}

/** Answers an API. */
export function on<A extends AnyApi>(
  api: A,
  answer: (body: RequestOf<A>, request: SeenRequest, socket: ScriptedSocket) => ResponseInputOf<A> | undefined,
): Script {
  return { api, answer: answer as unknown as Answer }
}

/** Ranges for ApiVersions: every API that is named, in the versions given or all. */
export function speaks(...apis: readonly (AnyApi | readonly [AnyApi, number, number])[]) {
  return apis.map((entry) => {
    const [api, minVersion, maxVersion] = Array.isArray(entry)
      ? entry
      : [entry, (entry as AnyApi).versions.min, (entry as AnyApi).versions.max]
    return { apiKey: (api as AnyApi).key, minVersion: minVersion as number, maxVersion: maxVersion as number }
  })
}

/** A transport in memory whose brokers do what the test says. */
export class ScriptedTransport implements Transport {
  readonly sockets: ScriptedSocket[] = []
  /** Every attempt to connect, refused ones included. */
  readonly dials: TransportTarget[] = []
  #scripts: readonly Script[]
  /** Called at each attempt; throw to refuse it, return a promise to keep it waiting. */
  onConnect: (target: TransportTarget) => unknown = () => {}
  /** Called with each open socket before anything is read. */
  onOpen: (socket: ScriptedSocket) => void = () => {}

  constructor(...scripts: readonly Script[]) {
    this.#scripts = scripts
  }

  /** Answers from now on by these instead. */
  script(...scripts: readonly Script[]): void {
    this.#scripts = scripts
  }

  async connect(target: TransportTarget, handler: TransportHandler): Promise<TransportConnection> {
    this.dials.push(target)
    await this.onConnect(target)
    const socket = new ScriptedSocket(target, handler, (request, at) => this.#answer(request, at))
    this.sockets.push(socket)
    this.onOpen(socket)
    return socket
  }

  /** The n-th socket, once it is open. */
  async socket(n = 0): Promise<ScriptedSocket> {
    for (let turn = 0; turn < 50 && this.sockets[n] === undefined; turn++) await settled()
    const socket = this.sockets[n]
    if (socket === undefined) throw new Error(`there is no socket ${n}, only ${this.sockets.length}`)
    return socket
  }

  #answer(request: SeenRequest, socket: ScriptedSocket): void {
    if (socket.isDestroyed) return
    const script = this.#scripts.find(({ api }) => api.key === request.apiKey)
    if (script !== undefined) {
      const body = decodeRequest(script.api, request.version, request.bytes).body
      const answer = script.answer(body as never, request, socket)
      if (answer !== undefined) socket.reply(script.api, request, answer as never)
      return
    }
    if (request.apiKey !== ApiVersions.key) return
    socket.reply(ApiVersions, request, { errorCode: 0, apiKeys: speaks(ApiVersions, ...this.#scripts.map(({ api }) => api)) })
  }
}

/** An error as the operating system makes it. */
export function systemError(code: string): Error {
  return Object.assign(new Error(`connect ${code} 127.0.0.1:9092`), { code })
}
