import {
  type AnyApi,
  ApiVersions,
  decodeResponse,
  encodeRequest,
  type KafkaError,
  type RequestInputOf,
  type ResponseOf,
  type TransportHandler,
} from '@k/protocol'
import { Alarm } from './alarm.ts'
import type { ApiVersionsTable } from './api-versions-table.ts'
import { checkBody } from './call-checks.ts'
import { ConnectionFaults } from './connection-fault.ts'
import type { ConnectionTarget } from './connection-target.ts'
import { ignore, withDeadline } from './deadline.ts'
import { type ConnectionFacts, type DiagnosticsChannel, diagnostics } from './diagnostics.ts'
import { dial } from './dial.ts'
import { ClosedError } from './errors/closed-error.ts'
import { FrameReader } from './frame-reader.ts'
import { decodeApiVersions, negotiate } from './negotiate.ts'
import { type ResolvedOptions, resolveOptions } from './options.ts'
import { Outbox } from './outbox.ts'
import { type AnswerOf, PendingRequest, type PendingRequestOptions, type RequestBody } from './pending-request.ts'
import { beginSession } from './session.ts'
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
  readonly #outbox = new Outbox((error) => this.#end(this.#faults.of(error)))
  readonly #faults: ConnectionFaults
  readonly #alarm: Alarm
  readonly #whenSocketGone: Promise<void>
  #socketGone!: () => void
  /** Not written yet: the connection is not open, throttled, or renews its session. */
  #queue: PendingRequest[] = []
  /** Written, and their answers are due, in the order of the wire. */
  #inFlight: PendingRequest[] = []
  #versions: ApiVersionsTable | undefined
  #opening: Promise<void> | undefined
  #isOpen = false
  #ended: KafkaError | undefined
  #nextCorrelationId = 0
  #mutedUntil = 0
  #renewAt = 0
  /** The session is being renewed: the broker accepts nothing else meanwhile. */
  #isRenewing = false
  #usedAt: number

  constructor(target: ConnectionTarget, options: ResolvedOptions = resolveOptions(), events: ConnectionEvents = {}) {
    this.#target = target
    this.#options = options
    this.#events = events
    this.#faults = new ConnectionFaults(target, options)
    this.#alarm = new Alarm(options.clock, () => this.#sweep())
    this.#usedAt = options.clock.monotonic()
    this.#whenSocketGone = new Promise((resolve) => {
      this.#socketGone = resolve
    })
    this.#reader = new FrameReader(
      { frame: (bytes) => this.#onFrame(bytes), fault: ({ code, message }) => this.#end(this.#faults.closed(code, message)) },
      Math.min(SETUP_RESPONSE_BYTES, options.maxResponseBytes),
    )
  }

  /** The broker as people write it, for sentences: `broker 3 (host:9092)`. */
  get broker(): string {
    return this.#faults.broker
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
    return this.#queue.length + this.#inFlight.length + this.#outbox.unanswered.length
  }

  get #sent(): PendingRequest[] {
    return [...this.#inFlight, ...this.#outbox.unanswered]
  }

  /** What the broker speaks; undefined until it has said so. */
  get versions(): ApiVersionsTable | undefined {
    return this.#versions
  }

  /** It has become known which broker this is. */
  identify(brokerId: number): void {
    this.#faults.brokerId = brokerId
  }

  /** Opens the connection, once. @throws ConnectionError, AuthenticationError, TimeoutError, ClosedError */
  open(): Promise<void> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended)
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
    const request = this.#pending(api, body, options)
    if (!request.settled) {
      this.#usedAt = request.startedAt
      this.#queue.push(request)
      this.#sendQueued()
    }
    return request.answer as Promise<AnswerOf<A, O>>
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
      await this.#connect()
      this.#faults.phase = 'versions'
      this.#versions = await negotiate(this.broker, this.#options.apiVersion, (version) => this.#ask(ApiVersions, software, version))
      this.#faults.phase = 'authenticate'
      await this.#authenticate()
    } catch (cause) {
      this.#end(this.#faults.of(cause))
    }
    if (this.#ended !== undefined) throw this.#ended
    this.#faults.phase = 'request'
    this.#isOpen = true
    this.#reader.maxBytes = maxResponseBytes
    this.#usedAt = clock.monotonic()
    this.#alarm.ringAt(this.#usedAt + connectionsMaxIdleMs)
    this.#publish(diagnostics.connectionOpened, { elapsedMs: this.#usedAt - started })
    this.#events.opened?.(this)
    this.#sendQueued()
  }

  async #connect(): Promise<void> {
    const handler: TransportHandler = {
      buffer: () => this.#reader.buffer(),
      received: (length) => this.#reader.received(length),
      drained: () => this.#outbox.drained(),
      closed: (error) => {
        this.#socketGone()
        const fault = this.#faults.of(error)
        // What the set-up was answered just before the end says more than the end: a login that was refused.
        if (this.#isOpen) this.#end(fault)
        else this.#options.clock.endOfTick(() => this.#end(fault))
      },
    }
    const target = { ...this.#target, brokerId: this.#faults.brokerId }
    const transport = await dial(this.#options, target, this.broker, this.#aborter.signal, handler)
    // The other side may have gone already.
    if (this.#ended !== undefined) {
      transport.destroy()
      throw this.#ended
    }
    this.#outbox.transport = transport
  }

  async #authenticate(): Promise<void> {
    const { host, port } = this.#target
    this.#isRenewing = true
    const context = { host, port, signal: this.#aborter.signal }
    this.#renewAt = await beginSession(this.#options, this.broker, context, (api, body) => this.#ask(api, body))
    this.#isRenewing = false
  }

  /** A request of the set-up, which overtakes the queue. */
  #ask<A extends AnyApi>(api: A, body: RequestInputOf<A>, version?: number): Promise<ResponseOf<A>> {
    const request = this.#pending(api, body, { minVersion: version, maxVersion: version })
    this.#send(request)
    return request.answer as Promise<ResponseOf<A>>
  }

  #pending(api: AnyApi, body: unknown, options: ConnectionRequestOptions = {}): PendingRequest {
    const { clock, clientId, requestTimeoutMs } = this.#options
    const request = new PendingRequest(
      api,
      body,
      { ...options, clientId: options.clientId ?? clientId, timeoutMs: options.timeoutMs ?? requestTimeoutMs },
      clock.monotonic(),
    )
    if (this.#ended !== undefined) request.reject(this.#ended)
    else if (!request.settled) this.#alarm.ringAt(request.deadline)
    return request
  }

  #maySend(now: number): boolean {
    if (this.#isRenewing || now < this.#mutedUntil) return false
    if (now < this.#renewAt) return true
    this.#authenticate().then(
      () => this.#sendQueued(),
      (error: unknown) => this.#end(this.#faults.of(error)),
    )
    return false
  }

  #sendQueued(): void {
    if (this.#queue.length === 0) return
    if (!this.#isOpen) {
      this.open()
      return
    }
    const now = this.#options.clock.monotonic()
    while (this.#queue.length > 0 && this.#maySend(now)) this.#send(this.#queue.shift() as PendingRequest)
    if (this.#queue.length > 0 && now < this.#mutedUntil) this.#alarm.ringAt(this.#mutedUntil)
  }

  #send(request: PendingRequest): void {
    if (request.settled) return
    const { api, options } = request
    const { clientId, maxVersion, noResponse } = options
    let chunks: Uint8Array[]
    try {
      const version = this.#versions?.require(api, this.broker, options) ?? maxVersion ?? 0
      const body = typeof request.body === 'function' ? request.body(version) : request.body
      checkBody(api.name, body)
      const correlationId = this.#nextCorrelationId
      chunks = encodeRequest(api, body as never, { version, correlationId, clientId })
      request.version = version
      request.correlationId = correlationId
    } catch (error) {
      request.reject(error)
      return
    }
    this.#nextCorrelationId = (request.correlationId + 1) & LAST_CORRELATION_ID
    request.sentAt = this.#options.clock.monotonic()
    if (!noResponse) this.#inFlight.push(request)
    this.#outbox.add(request, chunks)
  }

  /** @returns whether more frames are welcome */
  #onFrame(frame: Buffer): boolean {
    if (this.#ended !== undefined) return false
    this.#usedAt = this.#options.clock.monotonic()
    const request = this.#inFlight[0]
    const correlationId = frame.readInt32BE(0)
    if (request === undefined || request.correlationId !== correlationId) {
      const due = request === undefined ? 'any that is due' : `${request.correlationId} of ${request.api.name}`
      this.#end(this.#faults.closed('INVALID_FRAME', `an answer has correlation id ${correlationId}, not ${due}`))
      return false
    }
    this.#inFlight.shift()
    return this.#answer(request, frame)
  }

  #answer(request: PendingRequest, frame: Buffer): boolean {
    const { api, version, correlationId, requestBytes, sentAt } = request
    this.#faults.answered ||= this.#isOpen
    let body: { readonly throttleTimeMs?: unknown } | undefined
    let error: Error | undefined
    try {
      // Nobody waits for what was aborted.
      if (!request.settled)
        body = api.key === ApiVersions.key ? decodeApiVersions(version, frame) : decodeResponse(api, version, frame).body
    } catch (cause) {
      error = cause as Error
    }
    if (diagnostics.requestEnded.hasSubscribers) {
      const facts = { api: api.name, version, correlationId, elapsedMs: this.#usedAt - sentAt, requestBytes, responseBytes: frame.length }
      this.#publish(diagnostics.requestEnded, { ...facts, error })
    }
    if (error !== undefined) {
      request.reject(this.#faults.unreadable(error))
      this.#end(this.#faults.closed('MALFORMED_MESSAGE', `the answer to ${api.name} cannot be read: ${error.message}`, error))
      return false
    }
    const throttleTimeMs = body?.throttleTimeMs
    if (typeof throttleTimeMs === 'number' && throttleTimeMs > 0) {
      // A quota was exceeded: the broker wants to be left alone for a while.
      this.#mutedUntil = Math.max(this.#mutedUntil, this.#usedAt + Math.min(throttleTimeMs, LONGEST_THROTTLE_MS))
      this.#publish(diagnostics.connectionThrottled, { api: api.name, throttleTimeMs })
    }
    request.resolve(body)
    return true
  }

  #publish<F extends object>(channel: DiagnosticsChannel<ConnectionFacts & F>, facts: F): void {
    const { host, port, lane = 'default' } = this.#target
    channel.publish({ clientId: this.#options.clientId, brokerId: this.#faults.brokerId, host, port, lane, ...facts })
  }

  /** The end: nothing happens on this connection any more. That it was not used is nothing that others need hear of. */
  #end(error: KafkaError, isUnused = false): void {
    if (this.#ended !== undefined) return
    const told = isUnused ? undefined : error
    this.#ended = error
    const wasOpen = this.#isOpen
    this.#isOpen = false
    this.#alarm.cancel()
    this.#aborter.abort(error)
    const { transport } = this.#outbox
    const written = this.#sent
    if (transport === undefined) this.#socketGone()
    else transport.destroy()
    this.#outbox.transport = undefined
    this.#outbox.unanswered = []
    const waiting = this.#queue
    this.#inFlight = []
    this.#queue = []
    this.#publish(diagnostics.connectionClosed, {
      wasOpen,
      // A client that its user closes has lost nothing.
      error: ClosedError.is(told) ? undefined : told,
      requestsLost: written.length + waiting.length,
    })
    this.#events.closed?.(this, told, this.#faults.answered)
    // What was written during the set-up are its own requests.
    for (const request of written) request.reject(this.#faults.forRequest(error, wasOpen))
    for (const request of waiting) request.reject(this.#faults.forRequest(error, false))
  }

  /** Looks who is too late, and sets the alarm for the next. */
  #sweep(): void {
    const now = this.#options.clock.monotonic()
    for (const request of this.#queue) {
      if (request.deadline <= now) request.reject(this.#faults.tooLate(request, now, false, now < this.#mutedUntil))
    }
    this.#queue = this.#queue.filter(({ settled }) => !settled)
    const late = this.#sent.find(({ deadline }) => deadline <= now)
    if (late !== undefined) {
      // An answer that does not come leaves no way to match those that come later.
      const error = this.#faults.tooLate(late, now, true, false)
      late.reject(error)
      const why = `no answer to ${late.api.name} within ${late.options.timeoutMs} ms`
      this.#end(this.#faults.closed('CONNECTION_CLOSED', why, error))
      return
    }
    this.#sendQueued()
    const due = [...this.#sent, ...this.#queue]
    let next = due.reduce((least, { deadline }) => Math.min(least, deadline), Number.POSITIVE_INFINITY)
    if (due.length === 0 && this.#isOpen) {
      next = this.#usedAt + this.#options.connectionsMaxIdleMs
      if (next <= now) {
        this.#end(this.#faults.closed('CONNECTION_CLOSED', 'it was not used'), true)
        return
      }
    }
    this.#alarm.ringAt(next)
  }
}
