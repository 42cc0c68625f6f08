import {
  type AnyApi,
  ApiVersions,
  type ApiVersionsResponse,
  decodeResponse,
  encodeRequest,
  type KafkaError,
  type RequestInputOf,
  type ResponseOf,
  type Timer,
  type TransportConnection,
} from '@k/protocol'
import type { ApiVersionsTable } from './api-versions-table.ts'
import { authenticate } from './authenticate.ts'
import { formatHostPort, type HostPort } from './bootstrap-servers.ts'
import { connectFault } from './connection-fault.ts'
import { ignore, sleep, withDeadline } from './deadline.ts'
import { type ConnectionFacts, diagnostics } from './diagnostics.ts'
import { ClosedError } from './errors/closed-error.ts'
import { ConnectionError, type ConnectionPhase } from './errors/connection-error.ts'
import { TimeoutError } from './errors/timeout-error.ts'
import { FrameReader } from './frame-reader.ts'
import { InFlight } from './in-flight.ts'
import { decodeApiVersions, negotiate } from './negotiate.ts'
import { type ResolvedOptions, resolveOptions } from './options.ts'
import { PendingRequest, type PendingRequestOptions } from './pending-request.ts'
import { software } from './software.ts'

/** Where a connection goes, and what for. */
export interface ConnectionTarget extends HostPort {
  /** Undefined while it is not known (bootstrap). */
  readonly brokerId?: number | undefined
  /** What the connection is for; for diagnostics. Default: `default`. */
  readonly lane?: string
  /** Milliseconds to wait before dialling. Default: 0. */
  readonly delayMs?: number
  /** Milliseconds that TCP and TLS may take. Default: `socketConnectionSetupTimeoutMs`. */
  readonly setupTimeoutMs?: number
}

/** What a connection tells its owner. Called before the promises of its requests settle. */
export interface ConnectionEvents {
  opened?(connection: Connection): void
  /** Called once. Without an error this side closed it on purpose. */
  closed?(connection: Connection, error: KafkaError | undefined): void
}

/** What a request on one connection takes. */
export type ConnectionRequestOptions = Partial<PendingRequestOptions>

/** A body, or what makes it once the version is known. */
export type RequestBody<A extends AnyApi> = RequestInputOf<A> | ((version: number) => RequestInputOf<A>)

const LAST_CORRELATION_ID = 2 ** 31 - 1

/**
 * One connection to one broker. Opened by the first request: TCP and TLS, versions, authentication; then requests go out in the order of the
 * calls, as many at a time as there are, and answers come in the same order. It ends once and for all at the first thing that is not as it
 * must be, and whatever was under way fails.
 */
export class Connection {
  readonly target: ConnectionTarget
  /** The broker as people write it, for sentences: `broker 3 (host:9092)`. */
  readonly broker: string
  readonly #options: ResolvedOptions
  readonly #events: ConnectionEvents
  readonly #aborter = new AbortController()
  readonly #reader: FrameReader
  readonly #inFlight = new InFlight()
  /** Not written yet: the connection is not open, throttled, or authenticates anew. */
  #queue: PendingRequest[] = []
  /** Requests without an answer whose bytes have not all left. */
  #leaving: PendingRequest[] = []
  #outgoing: Uint8Array[] = []
  #outgoingNoResponse: PendingRequest[] = []
  #transport: TransportConnection | undefined
  #versions: ApiVersionsTable | undefined
  #phase: ConnectionPhase = 'connect'
  #opening: Promise<void> | undefined
  #isOpen = false
  #ended: { readonly error: KafkaError | undefined } | undefined
  #transportEnded: (() => void) | undefined
  #whenTransportEnded: Promise<void> | undefined
  #answered = false
  #nextCorrelationId = 0
  #mutedUntil = 0
  #authenticateAt = Number.POSITIVE_INFINITY
  #authenticating = false
  #timer: Timer | undefined
  #timerAt = Number.POSITIVE_INFINITY
  #usedAt: number

  constructor(target: ConnectionTarget, options: ResolvedOptions = resolveOptions(), events: ConnectionEvents = {}) {
    this.target = target
    const address = formatHostPort(target)
    this.broker = target.brokerId === undefined ? address : `broker ${target.brokerId} (${address})`
    this.#options = options
    this.#events = events
    this.#usedAt = options.clock.monotonic()
    this.#reader = new FrameReader(
      { frame: (bytes) => this.#onFrame(bytes), fault: (fault) => this.#end(this.#error(fault.code, fault.message)) },
      options.maxResponseBytes,
    )
  }

  /** Whether requests go out at once. */
  get isOpen(): boolean {
    return this.#isOpen
  }

  get isEnded(): boolean {
    return this.#ended !== undefined
  }

  /** Requests that are waiting or whose answers are due. */
  get pending(): number {
    return this.#queue.length + this.#inFlight.count + this.#leaving.length + this.#outgoingNoResponse.length
  }

  /** What the broker speaks; undefined until the connection is open. */
  get versions(): ApiVersionsTable | undefined {
    return this.#versions
  }

  /** Opens the connection, once. @throws ConnectionError, AuthenticationError, ClosedError */
  open(): Promise<void> {
    if (this.#ended !== undefined) return Promise.reject(this.#endedError())
    if (this.#opening === undefined) {
      this.#opening = this.#open()
      this.#opening.catch(ignore)
    }
    return this.#opening
  }

  /**
   * Sends one request and gives its answer: one attempt.
   * @throws ConnectionError, AuthenticationError, TimeoutError, UnsupportedVersionError, DecodeError, ClosedError
   */
  request<A extends AnyApi>(
    api: A,
    body: RequestBody<A>,
    options: ConnectionRequestOptions & { readonly noResponse: true },
  ): Promise<undefined>
  request<A extends AnyApi>(api: A, body: RequestBody<A>, options?: ConnectionRequestOptions): Promise<ResponseOf<A>>
  request(api: AnyApi, body: unknown, options: ConnectionRequestOptions = {}): Promise<unknown> {
    if (this.#ended !== undefined) return Promise.reject(this.#endedError())
    const { clientId = this.#options.clientId, timeoutMs = this.#options.requestTimeoutMs } = options
    const now = this.#options.clock.monotonic()
    const request = new PendingRequest(api, body, { ...options, clientId, timeoutMs }, now)
    if (request.settled) return request.answer
    this.#usedAt = now
    this.#wakeAt(request.deadline)
    if (this.#queue.length === 0 && this.#maySend(now)) this.#send(request)
    else {
      this.#queue.push(request)
      if (!this.#isOpen) this.open().catch(ignore)
    }
    return request.answer
  }

  /** Ends the connection; whatever was under way rejects with `error`. Resolves when the socket is gone. */
  close(error: KafkaError = new ClosedError(`the connection to ${this.broker} was closed`)): Promise<void> {
    this.#end(error)
    return this.#whenTransportEnded ?? Promise.resolve()
  }

  async #open(): Promise<void> {
    const started = this.#options.clock.monotonic()
    try {
      const { delayMs = 0 } = this.target
      if (delayMs > 0) await sleep(this.#options.clock, delayMs, this.#aborter.signal)
      await this.#connect()
      this.#phase = 'versions'
      this.#versions = await negotiate(this.broker, (version) => this.#ask(ApiVersions, software, version) as Promise<ApiVersionsResponse>)
      this.#phase = 'authenticate'
      await this.#authenticate()
    } catch (cause) {
      const error = this.#fault(cause)
      this.#end(error)
      throw this.#endedError()
    }
    if (this.#ended !== undefined) throw this.#endedError()
    this.#phase = 'request'
    this.#isOpen = true
    if (diagnostics.connectionOpened.hasSubscribers) {
      diagnostics.connectionOpened.publish({ ...this.#facts(), elapsedMs: this.#options.clock.monotonic() - started })
    }
    this.#events.opened?.(this)
    this.#sendQueued()
  }

  async #connect(): Promise<void> {
    const { clock, tls, transport, resolveBroker } = this.#options
    const { host, port, brokerId, setupTimeoutMs = this.#options.socketConnectionSetupTimeoutMs } = this.target
    const { signal } = this.#aborter
    const dial = async () => {
      const target = resolveBroker === undefined ? { host, port } : await resolveBroker(host, port, brokerId)
      const tlsOptions = await tls?.options()
      signal.throwIfAborted()
      const handler = {
        buffer: () => this.#reader.buffer(),
        received: (length: number) => this.#reader.received(length),
        drained: () => this.#onDrained(),
        closed: (error?: Error) => this.#onTransportClosed(error),
      }
      const connection = await transport.connect(
        { ...target, signal, ...(tlsOptions === undefined ? {} : { tls: { ...tlsOptions } }) },
        handler,
      )
      if (this.#ended === undefined) this.#transport = connection
      else connection.destroy()
    }
    this.#whenTransportEnded = new Promise((resolve) => {
      this.#transportEnded = resolve
    })
    const what = `connecting to ${this.broker}`
    await withDeadline(clock, dial(), setupTimeoutMs, { what, deadline: 'socketConnectionSetupTimeoutMs', signal })
  }

  async #authenticate(): Promise<void> {
    const { sasl, clock, random } = this.#options
    if (sasl === undefined) return
    const { host, port } = this.target
    const context = { host, port, signal: this.#aborter.signal }
    const lifetimeMs = await withDeadline(
      clock,
      authenticate(sasl, this.broker, context, (api, body) => this.#ask(api, body)),
      this.#options.requestTimeoutMs,
      { what: `authentication with ${this.broker}`, deadline: 'requestTimeoutMs', signal: context.signal },
    )
    // Some time before the session ends, and not all connections at once. Source: KIP-368.
    this.#authenticateAt = lifetimeMs > 0 ? clock.monotonic() + lifetimeMs * (0.85 + 0.1 * random.next()) : Number.POSITIVE_INFINITY
  }

  /** A request of the set-up, which overtakes the queue. */
  #ask<A extends AnyApi>(api: A, body: RequestInputOf<A>, version?: number): Promise<ResponseOf<A>> {
    const { clock, clientId, requestTimeoutMs } = this.#options
    const bounds = version === undefined ? {} : { minVersion: version, maxVersion: version }
    const request = new PendingRequest(api, body, { clientId, timeoutMs: requestTimeoutMs, ...bounds }, clock.monotonic())
    this.#wakeAt(request.deadline)
    this.#send(request)
    return request.answer as Promise<ResponseOf<A>>
  }

  #maySend(now: number): boolean {
    if (!this.#isOpen || this.#authenticating || now < this.#mutedUntil) return false
    if (now < this.#authenticateAt) return true
    this.#authenticateAnew()
    return false
  }

  /** A session that is about to end is renewed on the same connection; requests wait meanwhile, as Kafka asks. */
  #authenticateAnew(): void {
    this.#authenticating = true
    this.#authenticate()
      .finally(() => {
        this.#authenticating = false
      })
      .then(
        () => this.#sendQueued(),
        (error: unknown) => this.#end(this.#fault(error)),
      )
  }

  #sendQueued(): void {
    const now = this.#options.clock.monotonic()
    if (this.#mutedUntil > now && this.#queue.length > 0) this.#wakeAt(this.#mutedUntil)
    let sent = 0
    for (; sent < this.#queue.length && this.#maySend(now); sent++) this.#send(this.#queue[sent] as PendingRequest)
    this.#queue = this.#queue.slice(sent)
  }

  #send(request: PendingRequest): void {
    if (request.settled) return
    const { api, body, options } = request
    let chunks: Uint8Array[]
    try {
      request.version = this.#versions?.require(api, this.broker, options) ?? options.maxVersion ?? 0
      request.correlationId = this.#nextCorrelationId
      chunks = encodeRequest(api, (typeof body === 'function' ? body(request.version) : body) as never, {
        version: request.version,
        correlationId: request.correlationId,
        clientId: options.clientId,
      })
    } catch (error) {
      request.reject(error)
      return
    }
    this.#nextCorrelationId = request.correlationId === LAST_CORRELATION_ID ? 0 : request.correlationId + 1
    request.sentAt = this.#options.clock.monotonic()
    if (options.noResponse) this.#outgoingNoResponse.push(request)
    else this.#inFlight.add(request)
    // What is sent during one tick leaves together.
    if (this.#outgoing.length === 0) process.nextTick(this.#flush)
    for (const chunk of chunks) {
      request.requestBytes += chunk.length
      this.#outgoing.push(chunk)
    }
  }

  readonly #flush = (): void => {
    const chunks = this.#outgoing
    const noResponse = this.#outgoingNoResponse
    if (this.#ended !== undefined || this.#transport === undefined || chunks.length === 0) return
    this.#outgoing = []
    const gone = this.#transport.write(chunks)
    if (noResponse.length === 0) return
    this.#outgoingNoResponse = []
    if (!gone || this.#leaving.length > 0) this.#leaving.push(...noResponse)
    else for (const request of noResponse) request.resolve(undefined)
  }

  #onDrained(): void {
    const gone = this.#leaving
    this.#leaving = []
    for (const request of gone) request.resolve(undefined)
  }

  /** @returns whether more frames are welcome */
  #onFrame(frame: Buffer): boolean {
    if (this.#ended !== undefined) return false
    const request = this.#inFlight.take()
    const correlationId = frame.readInt32BE(0)
    if (request === undefined) {
      this.#end(this.#error('INVALID_FRAME', `an answer came that nobody had asked for (correlation id ${correlationId})`))
      return false
    }
    if (correlationId !== request.correlationId) {
      const what = `the answer to ${request.api.name} has correlation id ${correlationId}, not ${request.correlationId}`
      const error = this.#error('INVALID_FRAME', what)
      request.reject(error)
      this.#end(error)
      return false
    }
    return this.#answer(request, frame)
  }

  #answer(request: PendingRequest, frame: Buffer): boolean {
    const { api, version } = request
    this.#answered ||= this.#isOpen
    let body: { readonly throttleTimeMs?: unknown } | undefined
    let error: Error | undefined
    try {
      if (!request.settled)
        body = api.key === ApiVersions.key ? decodeApiVersions(version, frame) : decodeResponse(api, version, frame).body
    } catch (cause) {
      error = cause as Error
    }
    if (diagnostics.requestEnded.hasSubscribers) this.#tellEnded(request, frame.length, error)
    if (error !== undefined) {
      request.reject(error)
      this.#end(this.#error('MALFORMED_MESSAGE', `the answer to ${api.name} cannot be read`, error))
      return false
    }
    if (typeof body?.throttleTimeMs === 'number' && body.throttleTimeMs > 0) this.#mute(api.name, body.throttleTimeMs)
    request.resolve(body)
    return true
  }

  #mute(api: string, throttleTimeMs: number): void {
    this.#mutedUntil = Math.max(this.#mutedUntil, this.#options.clock.monotonic() + throttleTimeMs)
    if (diagnostics.connectionThrottled.hasSubscribers) {
      diagnostics.connectionThrottled.publish({ ...this.#facts(), api, throttleTimeMs })
    }
  }

  #onTransportClosed(cause: Error | undefined): void {
    this.#transportEnded?.()
    this.#end(this.#fault(cause))
  }

  /** The end: nothing happens on this connection any more. */
  #end(error: KafkaError | undefined): void {
    if (this.#ended !== undefined) return
    this.#ended = { error }
    const wasOpen = this.#isOpen
    this.#isOpen = false
    this.#timer?.cancel()
    this.#aborter.abort(error)
    if (this.#transport === undefined) this.#transportEnded?.()
    else this.#transport.destroy()
    const written = [...this.#inFlight.takeAll(), ...this.#leaving, ...this.#outgoingNoResponse]
    const waiting = this.#queue
    this.#queue = []
    this.#leaving = []
    this.#outgoing = []
    this.#outgoingNoResponse = []
    if (diagnostics.connectionClosed.hasSubscribers) {
      const requestsLost = written.length + waiting.length
      diagnostics.connectionClosed.publish({ ...this.#facts(), wasOpen, error, requestsLost })
    }
    this.#events.closed?.(this, error)
    for (const request of written) request.reject(this.#endedError())
    for (const request of waiting) request.reject(wasOpen ? this.#neverSent() : this.#endedError())
  }

  #endedError(): KafkaError {
    return this.#ended?.error ?? new ConnectionError('CONNECTION_CLOSED', `the connection to ${this.broker} was closed`, this.#where())
  }

  /** What befell the connection, for a request that had not been written. */
  #neverSent(): KafkaError {
    const error = this.#endedError()
    if (!ConnectionError.is(error)) return error
    return new ConnectionError('CONNECTION_CLOSED', error.message, { broker: this.broker, phase: 'connect', cause: error })
  }

  #where(): { broker: string; phase: ConnectionPhase } {
    return { broker: this.broker, phase: this.#phase }
  }

  #error(code: 'INVALID_FRAME' | 'NOT_A_BROKER' | 'MALFORMED_MESSAGE', what: string, cause?: unknown): ConnectionError {
    return new ConnectionError(code, `the connection to ${this.broker} was closed: ${what}`, { ...this.#where(), cause })
  }

  #fault(cause: unknown): KafkaError {
    const { tls, sasl } = this.#options
    return connectFault(cause, { ...this.#where(), tls: tls !== undefined, sasl: sasl !== undefined, answered: this.#answered })
  }

  #facts(): ConnectionFacts {
    const { host, port, brokerId, lane = 'default' } = this.target
    return { clientId: this.#options.clientId, brokerId, host, port, lane }
  }

  #tellEnded(request: PendingRequest, responseBytes: number, error: Error | undefined): void {
    const { api, version, correlationId, requestBytes } = request
    const elapsedMs = this.#options.clock.monotonic() - request.sentAt
    diagnostics.requestEnded.publish({
      ...this.#facts(),
      api: api.name,
      version,
      correlationId,
      elapsedMs,
      requestBytes,
      responseBytes,
      error,
    })
  }

  #wakeAt(at: number): void {
    if (this.#ended !== undefined || at >= this.#timerAt || at === Number.POSITIVE_INFINITY) return
    this.#timer?.cancel()
    this.#timerAt = at
    this.#timer = this.#options.clock.setTimer(this.#sweep, Math.max(0, at - this.#options.clock.monotonic()))
  }

  /** One timer for all deadlines: it looks who is too late, and sets itself for the next. */
  readonly #sweep = (): void => {
    this.#timerAt = Number.POSITIVE_INFINITY
    const now = this.#options.clock.monotonic()
    this.#queue = this.#queue.filter((request) => {
      if (request.deadline <= now) request.reject(this.#tooLate(request, now, false))
      return !request.settled
    })
    let next = Number.POSITIVE_INFINITY
    for (const requests of [this.#inFlight, this.#leaving]) {
      for (const request of requests) {
        if (request.deadline <= now) {
          this.#endLate(request, now)
          return
        }
        next = Math.min(next, request.deadline)
      }
    }
    this.#sendQueued()
    for (const request of this.#queue) next = Math.min(next, request.deadline)
    if (this.pending === 0 && this.#isOpen) {
      const idleUntil = this.#usedAt + this.#options.connectionsMaxIdleMs
      if (idleUntil <= now) {
        this.#end(undefined)
        return
      }
      next = idleUntil
    }
    this.#wakeAt(next)
  }

  /** An answer that does not come leaves no way to match those that come later. */
  #endLate(request: PendingRequest, now: number): void {
    const error = this.#tooLate(request, now, true)
    request.reject(error)
    const what = `the connection to ${this.broker} was closed: no answer to ${request.api.name} within ${request.options.timeoutMs} ms`
    this.#end(new ConnectionError('CONNECTION_CLOSED', what, { ...this.#where(), cause: error }))
  }

  #tooLate(request: PendingRequest, now: number, sent: boolean): TimeoutError {
    const elapsedMs = Math.round(now - request.startedAt)
    const why = sent
      ? `${this.broker} did not answer`
      : now < this.#mutedUntil
        ? 'the broker throttles this client'
        : `still ${this.#doing()}`
    return new TimeoutError(`${request.api.name} to ${this.broker} timed out after ${elapsedMs} ms (requestTimeoutMs): ${why}`, {
      deadline: 'requestTimeoutMs',
      elapsedMs,
      sent,
    })
  }

  #doing(): string {
    return { connect: 'connecting', versions: 'asking for versions', authenticate: 'authenticating', request: 'waiting' }[this.#phase]
  }
}
