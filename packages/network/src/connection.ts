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
import { authenticate } from './authenticate.ts'
import { checkBody } from './call-checks.ts'
import { ConnectionFaults } from './connection-fault.ts'
import type { ConnectionTarget } from './connection-target.ts'
import { ignore, withDeadline } from './deadline.ts'
import { type ConnectionFacts, type DiagnosticsChannel, diagnostics } from './diagnostics.ts'
import { dial } from './dial.ts'
import { ClosedError } from './errors/closed-error.ts'
import { FrameReader } from './frame-reader.ts'
import { negotiate, refusesVersion } from './negotiate.ts'
import { type ResolvedOptions, resolveOptions } from './options.ts'
import { Outbox } from './outbox.ts'
import { type AnswerOf, PendingRequest, type PendingRequestOptions, type RequestBody } from './pending-request.ts'
import { software } from './software.ts'

/** What a connection tells its owner. Called before the promises of its requests settle. */
export interface ConnectionEvents {
  /** It is open: authenticated, and its versions are known. */
  opened?(connection: Connection): void
  /** Called once. Without an error it was closed on purpose: it was not used, or not wanted any more. `answered`: whether any request was answered on it. */
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
  readonly #options: ResolvedOptions
  readonly #events: ConnectionEvents
  readonly #aborter = new AbortController()
  readonly #reader: FrameReader
  readonly #outbox = new Outbox((error) => this.#end(error))
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
  #renewAt = Number.POSITIVE_INFINITY
  /** The session is being renewed: the broker accepts nothing else meanwhile. */
  #isRenewing = false
  #usedAt: number

  constructor(target: ConnectionTarget, options: ResolvedOptions = resolveOptions(), events: ConnectionEvents = {}) {
    this.#options = options
    this.#events = events
    this.#faults = new ConnectionFaults(target, options)
    this.#alarm = new Alarm(options.clock, () => this.#sweep())
    this.#usedAt = options.clock.monotonic()
    this.#whenSocketGone = new Promise((resolve) => {
      this.#socketGone = resolve
    })
    this.#reader = new FrameReader(
      (frame) => this.#onFrame(frame),
      (code, why) => this.#end(this.#faults.closed(code, why)),
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
    return this.#queue.length + this.#sent.length
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
    this.#faults.target = { ...this.#faults.target, brokerId }
  }

  /** Opens the connection, once. @throws ConnectionError, AuthenticationError, TimeoutError, ClosedError */
  open(): Promise<void> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended)
    this.#opening ??= this.#open()
    this.#opening.catch(ignore)
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
    const { clock, maxResponseBytes } = this.#options
    const started = clock.monotonic()
    try {
      await this.#connect()
      this.#faults.phase = 'versions'
      this.#versions = await negotiate(this.broker, this.#options.apiVersion, (version) => this.#ask(ApiVersions, software, version))
      this.#faults.phase = 'authenticate'
      await this.#authenticate()
    } catch (cause) {
      this.#end(cause)
    }
    if (this.#ended !== undefined) throw this.#ended
    this.#faults.phase = 'request'
    this.#isOpen = true
    this.#reader.maxBytes = maxResponseBytes
    this.#usedAt = clock.monotonic()
    this.#publish(diagnostics.connectionOpened, { elapsedMs: this.#usedAt - started })
    this.#events.opened?.(this)
    this.#sweep()
  }

  async #connect(): Promise<void> {
    const handler: TransportHandler = {
      buffer: () => this.#reader.buffer(),
      received: (length) => this.#reader.received(length),
      drained: () => this.#outbox.drained(),
      closed: (error) => {
        this.#socketGone()
        // What the set-up was answered just before the end says more than the end: a login that was refused.
        if (this.#isOpen) this.#end(error)
        else this.#options.clock.endOfTick(() => this.#end(error))
      },
    }
    const transport = await dial(this.#options, this.#faults.target, this.broker, this.#aborter.signal, handler)
    this.#outbox.transport = transport
    // The other side may have gone already.
    if (this.#ended !== undefined) transport.destroy()
  }

  async #authenticate(): Promise<void> {
    const { sasl, clock, random, requestTimeoutMs } = this.#options
    if (sasl === undefined) return
    this.#isRenewing = true
    const { host, port } = this.#faults.target
    const { signal } = this.#aborter
    const limits = { what: `authentication with ${this.broker}`, deadline: 'requestTimeoutMs', signal, sent: false }
    const authenticated = authenticate(sasl, this.broker, { host, port, signal }, (api, body) => this.#ask(api, body))
    const lifetimeMs = await withDeadline(clock, authenticated, requestTimeoutMs, limits)
    // Some time before the end, and not all connections at once. Source: KIP-368.
    const renewAfterMs = lifetimeMs > 0 ? lifetimeMs * (0.85 + 0.1 * random.next()) : Number.POSITIVE_INFINITY
    this.#renewAt = clock.monotonic() + renewAfterMs
    this.#isRenewing = false
  }

  /** A request of the set-up, which overtakes the queue. */
  #ask<A extends AnyApi>(api: A, body: RequestInputOf<A>, maxVersion?: number): Promise<ResponseOf<A>> {
    const request = this.#pending(api, body, { maxVersion })
    this.#send(request)
    return request.answer as Promise<ResponseOf<A>>
  }

  #pending(api: AnyApi, body: unknown, options: ConnectionRequestOptions = {}): PendingRequest {
    const request = new PendingRequest(api, body, options, this.#options)
    if (this.#ended !== undefined) request.reject(this.#ended)
    else if (!request.settled) this.#alarm.ringAt(request.deadline)
    return request
  }

  #sendQueued(): void {
    const now = this.#options.clock.monotonic()
    while (this.#queue.length > 0 && this.#maySend(now)) this.#send(this.#queue.shift() as PendingRequest)
  }

  /** Whether requests may go out; where they may not, sees to it that they can. */
  #maySend(now: number): boolean {
    if (!this.#isOpen) this.open()
    else if (now < this.#mutedUntil) this.#alarm.ringAt(this.#mutedUntil)
    else if (now < this.#renewAt) return true
    else if (!this.#isRenewing) {
      this.#authenticate().then(
        () => this.#sendQueued(),
        (error: unknown) => this.#end(error),
      )
    }
    return false
  }

  #send(request: PendingRequest): void {
    if (request.settled) return
    const { api, options } = request
    let chunks: Uint8Array[]
    try {
      // Nothing but the question for them is sent before versions are known.
      request.version = this.#versions?.require(api, this.broker, options) ?? (options.maxVersion as number)
      const body = typeof request.body === 'function' ? request.body(request.version) : request.body
      checkBody(api.name, body)
      request.correlationId = this.#nextCorrelationId
      chunks = encodeRequest(api, body as never, request)
    } catch (error) {
      request.reject(error)
      return
    }
    this.#nextCorrelationId = (request.correlationId + 1) & LAST_CORRELATION_ID
    request.sentAt = this.#options.clock.monotonic()
    if (!options.noResponse) this.#inFlight.push(request)
    this.#outbox.add(request, chunks)
  }

  #onFrame(frame: Buffer): void {
    this.#usedAt = this.#options.clock.monotonic()
    const request = this.#inFlight[0]
    const correlationId = frame.readInt32BE(0)
    if (request?.correlationId !== correlationId) {
      this.#end(this.#faults.closed('INVALID_FRAME', `correlation id ${correlationId} is not due`))
      return
    }
    this.#inFlight.shift()
    this.#faults.answered ||= this.#isOpen
    const { api, version } = request
    let body: { readonly throttleTimeMs?: number } = {}
    let error: Error | undefined
    try {
      // Nobody waits for what was aborted.
      if (!request.settled) body = decodeResponse(api, refusesVersion(api, frame) ? 0 : version, frame).body as typeof body
    } catch (cause) {
      error = cause as Error
    }
    if (diagnostics.requestEnded.hasSubscribers) {
      this.#publish(diagnostics.requestEnded, {
        api: api.name,
        version,
        correlationId,
        elapsedMs: this.#usedAt - request.sentAt,
        requestBytes: request.requestBytes,
        responseBytes: frame.length,
        error,
      })
    }
    if (error !== undefined) {
      const fault = this.#faults.closed('MALFORMED_MESSAGE', error.message, error)
      // The decoder knows of no broker.
      error.message = fault.message
      request.reject(error)
      this.#end(fault)
      return
    }
    const { throttleTimeMs = 0 } = body
    if (throttleTimeMs > 0) {
      // A quota was exceeded: the broker wants to be left alone for a while.
      this.#mutedUntil = Math.max(this.#mutedUntil, this.#usedAt + Math.min(throttleTimeMs, LONGEST_THROTTLE_MS))
      this.#publish(diagnostics.connectionThrottled, { api: api.name, throttleTimeMs })
    }
    request.resolve(body)
  }

  #publish<F extends object>(channel: DiagnosticsChannel<ConnectionFacts & F>, facts: F): void {
    const { brokerId, host, port, lane = 'default' } = this.#faults.target
    channel.publish({ clientId: this.#options.clientId, brokerId, host, port, lane, ...facts })
  }

  /** The end: nothing happens on this connection any more. */
  #end(cause: unknown): void {
    if (this.#ended !== undefined) return
    const error = this.#faults.of(cause)
    // Where it was closed on purpose nothing was lost.
    const fault = ClosedError.is(error) ? undefined : error
    this.#ended = error
    const wasOpen = this.#isOpen
    this.#isOpen = false
    this.#reader.stop()
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
      error: fault,
      requestsLost: written.length + waiting.length,
    })
    this.#events.closed?.(this, fault, this.#faults.answered)
    // What was written during the set-up are its own requests.
    for (const request of written) request.reject(this.#faults.forRequest(error, wasOpen))
    for (const request of waiting) request.reject(this.#faults.forRequest(error, false))
  }

  /** Looks who is too late, and sets the alarm for the next. */
  #sweep(): void {
    const now = this.#options.clock.monotonic()
    const why = now < this.#mutedUntil ? 'the broker throttles this client' : `phase ${this.#faults.phase}`
    this.#queue = this.#queue.filter((request) => {
      if (request.deadline <= now) request.reject(this.#faults.tooLate(request, why))
      return !request.settled
    })
    const late = this.#sent.find(({ deadline }) => deadline <= now)
    if (late !== undefined) {
      // An answer that does not come leaves no way to match those that come later.
      const error = this.#faults.tooLate(late)
      late.reject(error)
      this.#end(this.#faults.closed('CONNECTION_CLOSED', error.message, error))
    }
    this.#sendQueued()
    const due = [...this.#sent, ...this.#queue]
    for (const { deadline } of due) this.#alarm.ringAt(deadline)
    if (!this.#isOpen) return
    const idleAt = (due.length > 0 ? now : this.#usedAt) + this.#options.connectionsMaxIdleMs
    this.#alarm.ringAt(idleAt)
    if (idleAt <= now) this.close()
  }
}
