import {
  type AnyApi,
  ApiVersions,
  decodeResponse,
  encodeRequest,
  type KafkaError,
  type RequestInputOf,
  type ResponseOf,
  type TransportConnection,
  type TransportHandler,
} from '@k/protocol'
import { Alarm } from './alarm.ts'
import type { ApiVersionsTable } from './api-versions-table.ts'
import { formatHostPort } from './bootstrap-servers.ts'
import { checkBody } from './call-checks.ts'
import { ConnectionDiagnostics } from './connection-diagnostics.ts'
import { ConnectionFaults } from './connection-fault.ts'
import type { ConnectionTarget } from './connection-target.ts'
import { ignore, sleep, withDeadline } from './deadline.ts'
import { dial } from './dial.ts'
import { ClosedError } from './errors/closed-error.ts'
import type { ConnectionPhase } from './errors/connection-error.ts'
import { FrameReader } from './frame-reader.ts'
import { InFlight } from './in-flight.ts'
import { decodeApiVersions, negotiate } from './negotiate.ts'
import { type ResolvedOptions, resolveOptions } from './options.ts'
import { Outbox } from './outbox.ts'
import { type AnswerOf, PendingRequest, type PendingRequestOptions, type RequestBody } from './pending-request.ts'
import { Session } from './session.ts'
import { software } from './software.ts'

/** What a connection tells its owner. Called before the promises of its requests settle. */
export interface ConnectionEvents {
  /** It is open: authenticated, and its versions are known. */
  opened?(connection: Connection): void
  /** Called once. Without an error this side closed it because it was not used. `answered`: whether any request was answered on it. */
  closed?(connection: Connection, error: KafkaError | undefined, answered: boolean): void
}

/** What a request on one connection takes. */
export type ConnectionRequestOptions = Partial<PendingRequestOptions>

const LAST_CORRELATION_ID = 2 ** 31 - 1
const CLOSE_WITHIN_MS = 1_000
// Beyond what quotas come to: a wrong number must not make a broker useless for weeks.
const LONGEST_THROTTLE_MS = 3_600_000
// Before it has said who it is, nobody needs to answer at length.
const SETUP_RESPONSE_BYTES = 1_048_576

/**
 * One connection to one broker. Opened by the first request: TCP and TLS, versions, authentication; then requests go out in the order of the
 * calls, as many at a time as there are, and answers come in the same order. It ends once and for all at the first thing that is not as it
 * must be, and whatever was under way fails.
 */
export class Connection {
  readonly #target: ConnectionTarget
  readonly #options: ResolvedOptions
  readonly #events: ConnectionEvents
  readonly #aborter = new AbortController()
  readonly #reader: FrameReader
  readonly #inFlight = new InFlight()
  readonly #outbox = new Outbox()
  readonly #faults: ConnectionFaults
  readonly #diagnostics: ConnectionDiagnostics
  readonly #session: Session
  readonly #alarm: Alarm
  readonly #whenSocketGone: Promise<void>
  #socketGone!: () => void
  /** Not written yet: the connection is not open, throttled, or renews its session. */
  #queue: PendingRequest[] = []
  #brokerId: number | undefined
  #transport: TransportConnection | undefined
  #versions: ApiVersionsTable | undefined
  #phase: ConnectionPhase = 'connect'
  #opening: Promise<void> | undefined
  #isOpen = false
  #ended: { readonly error: KafkaError | undefined } | undefined
  #answered = false
  #nextCorrelationId = 0
  #mutedUntil = 0
  #usedAt: number

  constructor(target: ConnectionTarget, options: ResolvedOptions = resolveOptions(), events: ConnectionEvents = {}) {
    const { clientId, clock, tls, sasl } = options
    this.#target = target
    this.#brokerId = target.brokerId
    this.#options = options
    this.#events = events
    this.#faults = new ConnectionFaults(this.broker, { tls: tls !== undefined, sasl: sasl !== undefined })
    this.#faults.isNamed = target.brokerId !== undefined
    this.#diagnostics = new ConnectionDiagnostics(() => {
      const { host, port, lane = 'default' } = target
      return { clientId, brokerId: this.#brokerId, host, port, lane }
    })
    this.#session = new Session(options, (api, body) => this.#ask(api, body))
    this.#alarm = new Alarm(clock, () => this.#sweep())
    this.#usedAt = clock.monotonic()
    this.#whenSocketGone = new Promise((resolve) => {
      this.#socketGone = resolve
    })
    this.#reader = new FrameReader(
      { frame: (bytes) => this.#onFrame(bytes), fault: ({ code, message }) => this.#break(code, message) },
      Math.min(SETUP_RESPONSE_BYTES, options.maxResponseBytes),
    )
  }

  /** The broker as people write it, for sentences: `broker 3 (host:9092)`. */
  get broker(): string {
    const address = formatHostPort(this.#target)
    return this.#brokerId === undefined ? address : `broker ${this.#brokerId} (${address})`
  }

  /** Whether requests go out at once. */
  get isOpen(): boolean {
    return this.#isOpen
  }

  /** Whether it has ended: every request fails. */
  get isEnded(): boolean {
    return this.#ended !== undefined
  }

  /** Requests that are waiting or whose answers are due. */
  get pending(): number {
    return this.#queue.length + this.#inFlight.count + this.#outbox.count
  }

  /** What the broker speaks; undefined until it has said so. */
  get versions(): ApiVersionsTable | undefined {
    return this.#versions
  }

  /** It has become known which broker this is. */
  identify(brokerId: number): void {
    this.#brokerId = brokerId
    this.#faults.broker = this.broker
    this.#faults.isNamed = true
  }

  /** Opens the connection, once. @throws ConnectionError, AuthenticationError, TimeoutError, ClosedError */
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
  request<A extends AnyApi, O extends ConnectionRequestOptions>(api: A, body: RequestBody<A>, options?: O): Promise<AnswerOf<A, O>> {
    return this.#request(api, body, options ?? {}) as Promise<AnswerOf<A, O>>
  }

  #request(api: AnyApi, body: unknown, options: ConnectionRequestOptions): Promise<unknown> {
    if (this.#ended !== undefined) return Promise.reject(this.#endedError())
    const { clientId = this.#options.clientId, timeoutMs = this.#options.requestTimeoutMs } = options
    const now = this.#options.clock.monotonic()
    const request = new PendingRequest(api, body, { ...options, clientId, timeoutMs }, now)
    if (request.settled) return request.answer
    this.#usedAt = now
    this.#alarm.ringAt(request.deadline)
    if (this.#queue.length === 0 && this.#maySend(now)) this.#send(request)
    else this.#enqueue(request)
    return request.answer
  }

  /** Ends the connection; whatever was under way rejects with `error`. Resolves when the socket is gone, or after a second. */
  async close(error: KafkaError = new ClosedError(`the connection to ${this.broker} was closed`)): Promise<void> {
    this.#end(error)
    await withDeadline(this.#options.clock, this.#whenSocketGone, CLOSE_WITHIN_MS, { what: 'closing' }).catch(ignore)
  }

  async #open(): Promise<void> {
    const { clock, connectionsMaxIdleMs, maxResponseBytes } = this.#options
    const started = clock.monotonic()
    try {
      const { delayMs = 0 } = this.#target
      if (delayMs > 0) await sleep(clock, delayMs, this.#aborter.signal)
      await this.#connect()
      this.#phase = 'versions'
      this.#versions = await negotiate(this.broker, (version) => this.#ask(ApiVersions, software, version))
      this.#phase = 'authenticate'
      await this.#session.begin(this.broker, this.#target, this.#aborter.signal)
    } catch (cause) {
      this.#end(this.#fault(cause))
    }
    if (this.#ended !== undefined) throw this.#endedError()
    this.#phase = 'request'
    this.#isOpen = true
    this.#reader.maxBytes = maxResponseBytes
    this.#usedAt = clock.monotonic()
    this.#alarm.ringAt(this.#usedAt + connectionsMaxIdleMs)
    this.#diagnostics.opened(this.#usedAt - started)
    this.#events.opened?.(this)
    this.#sendQueued()
  }

  async #connect(): Promise<void> {
    const { host, port, setupTimeoutMs: timeoutMs = this.#options.socketConnectionSetupTimeoutMs } = this.#target
    const handler: TransportHandler = {
      buffer: () => this.#reader.buffer(),
      received: (length) => this.#reader.received(length),
      drained: () => this.#outbox.drained(),
      closed: (error) => {
        this.#socketGone()
        const fault = this.#fault(error)
        // What the set-up was answered just before the end says more than the end: a login that was refused.
        if (this.#isOpen) this.#end(fault)
        else this.#options.clock.endOfTick(() => this.#end(fault))
      },
    }
    const { signal } = this.#aborter
    const transport = await dial(this.#options, { host, port, brokerId: this.#brokerId, broker: this.broker, timeoutMs, signal }, handler)
    // The other side may have gone already.
    if (this.#ended !== undefined) {
      transport.destroy()
      throw this.#endedError()
    }
    this.#transport = transport
    this.#outbox.attach(transport, (error) => this.#end(this.#fault(error)))
  }

  /** A request of the set-up, which overtakes the queue. */
  #ask<A extends AnyApi>(api: A, body: RequestInputOf<A>, version?: number): Promise<ResponseOf<A>> {
    const { clock, clientId, requestTimeoutMs } = this.#options
    const bounds = version === undefined ? {} : { minVersion: version, maxVersion: version }
    const request = new PendingRequest(api, body, { clientId, timeoutMs: requestTimeoutMs, ...bounds }, clock.monotonic())
    if (this.#ended !== undefined) request.reject(this.#endedError())
    this.#alarm.ringAt(request.deadline)
    this.#send(request)
    return request.answer as Promise<ResponseOf<A>>
  }

  #maySend(now: number): boolean {
    if (!this.#isOpen || this.#session.isRenewing || now < this.#mutedUntil) return false
    if (!this.#session.endsBefore(now)) return true
    this.#session.begin(this.broker, this.#target, this.#aborter.signal).then(
      () => this.#sendQueued(),
      (error: unknown) => this.#end(this.#fault(error)),
    )
    return false
  }

  #enqueue(request: PendingRequest): void {
    this.#queue.push(request)
    if (this.#isOpen) this.#alarm.ringAt(this.#mutedUntil)
    else this.open()
  }

  #sendQueued(): void {
    const now = this.#options.clock.monotonic()
    let sent = 0
    for (; sent < this.#queue.length && this.#maySend(now); sent++) this.#send(this.#queue[sent] as PendingRequest)
    this.#queue = this.#queue.slice(sent)
    if (this.#queue.length > 0 && now < this.#mutedUntil) this.#alarm.ringAt(this.#mutedUntil)
  }

  #send(request: PendingRequest): void {
    if (request.settled) return
    const { api, body, options } = request
    let chunks: Uint8Array[]
    try {
      request.version = this.#versions?.require(api, this.broker, options) ?? options.maxVersion ?? 0
      request.correlationId = this.#nextCorrelationId
      const made = typeof body === 'function' ? body(request.version) : body
      checkBody(api.name, made)
      chunks = encodeRequest(api, made as never, {
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
    if (!options.noResponse) this.#inFlight.add(request)
    this.#outbox.add(request, chunks)
  }

  /** @returns whether more frames are welcome */
  #onFrame(frame: Buffer): boolean {
    if (this.#ended !== undefined) return false
    this.#usedAt = this.#options.clock.monotonic()
    const request = this.#inFlight.first
    const correlationId = frame.readInt32BE(0)
    if (request === undefined) {
      return this.#break('INVALID_FRAME', `an answer came that nobody had asked for (correlation id ${correlationId})`)
    }
    if (correlationId !== request.correlationId) {
      const why = `the answer to ${request.api.name} has correlation id ${correlationId}, not ${request.correlationId}`
      return this.#break('INVALID_FRAME', why)
    }
    this.#inFlight.takeFirst()
    return this.#answer(request, frame)
  }

  #answer(request: PendingRequest, frame: Buffer): boolean {
    const { api, version } = request
    this.#answered ||= this.#isOpen
    let body: { readonly throttleTimeMs?: unknown } | undefined
    let error: Error | undefined
    try {
      // Nobody waits for what was aborted.
      if (!request.settled)
        body = api.key === ApiVersions.key ? decodeApiVersions(version, frame) : decodeResponse(api, version, frame).body
    } catch (cause) {
      error = cause as Error
    }
    this.#diagnostics.requestEnded(request, this.#usedAt, frame.length, error)
    if (error !== undefined) {
      request.reject(this.#faults.unreadable(error))
      return this.#break('MALFORMED_MESSAGE', `the answer to ${api.name} cannot be read: ${error.message}`, error)
    }
    if (typeof body?.throttleTimeMs === 'number' && body.throttleTimeMs > 0) this.#mute(api.name, body.throttleTimeMs)
    request.resolve(body)
    return true
  }

  /** A quota was exceeded: the broker wants to be left alone for a while. */
  #mute(api: string, throttleTimeMs: number): void {
    this.#mutedUntil = Math.max(this.#mutedUntil, this.#usedAt + Math.min(throttleTimeMs, LONGEST_THROTTLE_MS))
    this.#diagnostics.throttled(api, throttleTimeMs)
  }

  /** The other side does not keep to the protocol: nothing that it sends can be trusted any more. */
  #break(code: 'INVALID_FRAME' | 'NOT_A_BROKER' | 'MALFORMED_MESSAGE', why: string, cause?: unknown): false {
    this.#end(this.#faults.closed(code, why, this.#phase, cause))
    return false
  }

  /** The end: nothing happens on this connection any more. */
  #end(error: KafkaError | undefined): void {
    if (this.#ended !== undefined) return
    this.#ended = { error }
    const wasOpen = this.#isOpen
    this.#isOpen = false
    this.#alarm.cancel()
    this.#aborter.abort(error)
    if (this.#transport === undefined) this.#socketGone()
    else this.#transport.destroy()
    const written = [...this.#inFlight.takeAll(), ...this.#outbox.takeAll()]
    const waiting = this.#queue
    this.#queue = []
    this.#diagnostics.closed(wasOpen, error, written.length + waiting.length)
    this.#events.closed?.(this, error, this.#answered)
    // What was written during the set-up are its own requests.
    for (const request of written) request.reject(wasOpen ? this.#faults.forRequest(this.#endedError(), true) : this.#endedError())
    for (const request of waiting) request.reject(this.#faults.forRequest(this.#endedError(), false))
  }

  #endedError(): KafkaError {
    return this.#ended?.error ?? this.#faults.closed('CONNECTION_CLOSED', 'it was not used', 'connect')
  }

  #fault(cause: unknown): KafkaError {
    return this.#faults.of(cause, { phase: this.#phase, answered: this.#answered })
  }

  /** Looks who is too late, and sets the alarm for the next. */
  #sweep(): void {
    const now = this.#options.clock.monotonic()
    this.#queue = this.#queue.filter((request) => {
      if (request.deadline <= now) request.reject(this.#faults.tooLate(request, now, now < this.#mutedUntil ? 'throttled' : this.#phase))
      return !request.settled
    })
    const late = [...this.#inFlight, ...this.#outbox].find((request) => request.deadline <= now)
    if (late !== undefined) {
      this.#endLate(late, now)
      return
    }
    this.#sendQueued()
    let next = Number.POSITIVE_INFINITY
    for (const requests of [this.#inFlight, this.#outbox, this.#queue]) for (const { deadline } of requests) next = Math.min(next, deadline)
    if (this.pending === 0 && this.#isOpen) {
      next = this.#usedAt + this.#options.connectionsMaxIdleMs
      if (next <= now) {
        this.#end(undefined)
        return
      }
    }
    this.#alarm.ringAt(next)
  }

  /** An answer that does not come leaves no way to match those that come later. */
  #endLate(request: PendingRequest, now: number): void {
    const error = this.#faults.tooLate(request, now, 'sent')
    request.reject(error)
    const why = `no answer to ${request.api.name} within ${request.options.timeoutMs} ms`
    this.#end(this.#faults.closed('CONNECTION_CLOSED', why, this.#phase, error))
  }
}
