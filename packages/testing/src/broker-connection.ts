import {
  type AnyApi,
  ApiVersions,
  type BrokerErrorCode,
  decodeRequest,
  encodeResponse,
  peekRequest,
  type RequestOf,
  type RequestStart,
} from '@k/protocol'
import type { BrokerState } from './broker-state.ts'
import type { ClusterState } from './cluster-state.ts'
import type { ChangedBytes, Outcome, Wait } from './control/fault.ts'
import type { RecordedRequest } from './control/recorded-requests.ts'
import type { RequestRecorder } from './control/request-recorder.ts'
import type { Rules } from './control/rules.ts'
import type { Answer, Handler, RequestContext } from './handlers/handler.ts'
import { handlersOf } from './handlers/handler-table.ts'
import { logIn } from './handlers/sasl-authenticate.ts'
import type { Channel, ChannelHandler } from './listener/channel.ts'
import { FrameAssembler } from './listener/frame-assembler.ts'
import { errorCodeOf } from './refusal.ts'
import type { SaslSession } from './sasl-session.ts'

/** Bytes of requests that wait for the one before, beyond which the client is not read any more. */
const MAX_WAITING_BYTES = 4 * 1024 * 1024
/** What a client may ask before it has logged in. */
const beforeLogin = ['ApiVersions', 'SaslHandshake', 'SaslAuthenticate']

/** What a connection is part of. */
export interface ConnectionOptions {
  readonly id: number
  readonly cluster: ClusterState
  readonly broker: BrokerState
  readonly rules: Rules
  readonly recorder: RequestRecorder
  /** Told of requests that cannot be read, and of what went wrong in a handler. */
  onFailure(error: unknown): void
  onClosed(connection: BrokerConnection): void
}

/** A request on its way. */
interface Asked {
  readonly handler: Handler<AnyApi>
  readonly start: RequestStart
  readonly body: RequestOf<AnyApi>
  readonly context: RequestContext
  readonly request: RecordedRequest
  readonly waits: readonly Wait[]
  readonly outcome: Outcome | undefined
}

/** One client's connection with one broker. Requests are worked on one at a time, in the order in which they came, as Kafka does it. */
export class BrokerConnection implements ChannelHandler {
  readonly #channel: Channel
  readonly #options: ConnectionOptions
  readonly #handlers: ReadonlyMap<number, Handler<AnyApi>>
  readonly #frames = new FrameAssembler()
  readonly #waiting: Buffer[] = []
  readonly #closeListeners = new Set<() => void>()
  readonly #sasl: SaslSession
  #waitingBytes = 0
  #isPaused = false
  #isBusy = false
  #isFull = false
  #isClosed = false
  /** What was to be answered while the broker is frozen; undefined while it is not. */
  #frozen: Uint8Array[] | undefined
  /** Whether a fault lets nothing through any more. */
  #isDeaf = false

  constructor(channel: Channel, options: ConnectionOptions) {
    this.#channel = channel
    this.#options = options
    const { plainUsers, release } = options.cluster.options
    this.#handlers = handlersOf(release)
    this.#sasl = { plainUsers, mechanism: undefined, isRaw: false, user: undefined, isRefused: false }
  }

  get id(): number {
    return this.#options.id
  }

  /** Ends the connection at once, and what was waiting on it. */
  destroy(): void {
    this.#letGo()
    this.#channel.destroy()
  }

  /** Reads, does and answers nothing until {@link thaw}. */
  freeze(): void {
    this.#frozen ??= []
  }

  thaw(): void {
    const answers = this.#frozen ?? []
    this.#frozen = undefined
    if (answers.length > 0) this.#write(answers)
    this.#work()
  }

  #letGo(): void {
    this.#isClosed = true
    for (const listener of [...this.#closeListeners]) listener()
    this.#closeListeners.clear()
  }

  received(bytes: Buffer): void {
    if (this.#isClosed || this.#isDeaf) return
    try {
      this.#frames.push(bytes, (frame) => {
        this.#waiting.push(frame)
        this.#waitingBytes += frame.length
      })
    } catch (error) {
      this.#giveUp(error)
      return
    }
    if (this.#waitingBytes > MAX_WAITING_BYTES && !this.#isPaused) {
      this.#isPaused = true
      this.#channel.pause()
    }
    this.#work()
  }

  drained(): void {
    this.#isFull = false
    this.#work()
  }

  closed(): void {
    this.#letGo()
    this.#options.onClosed(this)
  }

  #giveUp(error: unknown): void {
    this.#options.onFailure(error)
    this.destroy()
  }

  /** Takes the requests that wait, as long as each is answered at once and the client takes the answers. */
  #work(): void {
    while (!this.#isBusy && !this.#isFull && !this.#isClosed && !this.#isDeaf && this.#frozen === undefined) {
      const frame = this.#waiting.shift()
      if (frame === undefined) break
      this.#waitingBytes -= frame.length
      try {
        const later = this.#serve(frame)
        if (later === undefined) continue
        this.#isBusy = true
        later
          .catch((error) => this.#giveUp(error))
          .finally(() => {
            this.#isBusy = false
            this.#work()
          })
      } catch (error) {
        this.#giveUp(error)
      }
    }
    if (this.#isPaused && this.#waitingBytes <= MAX_WAITING_BYTES) {
      this.#isPaused = false
      this.#channel.resume()
    }
  }

  #serve(frame: Buffer): Promise<void> | undefined {
    if (this.#sasl.isRaw && this.#sasl.mechanism !== undefined) {
      this.#logInRaw(frame)
      return undefined
    }
    const start = peekRequest(frame)
    const handler = this.#handlers.get(start.apiKey)
    if (handler === undefined) throw new Error(`API key ${start.apiKey} is not served here`)
    const [min, max] = handler.versions
    if (start.version < min || start.version > max) return this.#refuseVersion(handler, start)
    if (this.#mustLogIn && !beforeLogin.includes(handler.api.name)) throw new Error(`${handler.api.name} came before the login`)
    const { clientId, body } = decodeRequest(handler.api, start.version, frame)
    return this.#run(handler, start, clientId, body, frame.length)
  }

  get #mustLogIn(): boolean {
    return this.#sasl.plainUsers !== undefined && this.#sasl.user === undefined
  }

  /** The messages of the mechanism without a header, as they come after SaslHandshake version 0. What is wrong ends the connection. */
  #logInRaw(message: Buffer): void {
    const problem = logIn(this.#sasl, message)
    if (problem !== undefined) throw new Error(problem)
    this.#write([Buffer.alloc(4)])
  }

  /** ApiVersions is answered in its oldest version, so that every client can read it; others are not answered at all. */
  #refuseVersion({ api, versions }: Handler<AnyApi>, { version, correlationId }: RequestStart): undefined {
    if (api !== ApiVersions) throw new Error(`${api.name} version ${version} is not served here`)
    const { tellsOfApiVersions } = this.#options.cluster.options.release
    const apiKeys = tellsOfApiVersions ? [{ apiKey: api.key, minVersion: versions[0], maxVersion: versions[1] }] : []
    this.#write(encodeResponse(ApiVersions, { errorCode: errorCodeOf('UNSUPPORTED_VERSION'), apiKeys }, { version: 0, correlationId }))
  }

  #run(
    handler: Handler<AnyApi>,
    start: RequestStart,
    clientId: string | null,
    body: RequestOf<AnyApi>,
    bytes: number,
  ): Promise<void> | undefined {
    const { cluster, broker, rules, recorder, id } = this.#options
    const { version, correlationId } = start
    const request = { api: handler.api.name, version, broker: broker.id, connection: id, correlationId, clientId, body }
    const context: RequestContext = {
      cluster,
      broker,
      version,
      clientId,
      clientHost: this.#channel.remoteHost,
      sasl: this.#sasl,
      onClose: (callback) => this.#onClose(callback),
    }
    const { waits, outcome } = rules.strike(request)
    recorder.record(request, bytes)
    const asked: Asked = { handler, start, body, context, request, waits, outcome }
    const before = this.#waitAll(waits, false)
    return before === undefined ? this.#handle(asked) : before.then(() => this.#handle(asked))
  }

  #handle(asked: Asked): Promise<void> | undefined {
    const { handler, body, context, outcome } = asked
    if (this.#isClosed) return undefined
    if (outcome !== undefined && !outcome.afterWork) return this.#finish(asked, undefined)
    // What nobody foresaw is answered as Kafka does it, and told to the test.
    const fail = (error: unknown) => {
      this.#options.onFailure(error)
      this.#answer(asked, handler.refuse(body, 'UNKNOWN_SERVER_ERROR', context))
    }
    try {
      const answer = handler.handle(body, context)
      if (answer instanceof Promise) return answer.then((later) => this.#finishLater(asked, later), fail)
      return this.#finishLater(asked, answer)
    } catch (error) {
      fail(error)
    }
    return undefined
  }

  #finishLater(asked: Asked, answer: Answer<AnyApi>): Promise<void> | undefined {
    const after = this.#waitAll(asked.waits, true)
    return after === undefined ? this.#finish(asked, answer) : after.then(() => this.#finish(asked, answer))
  }

  /** Answers, or does what a fault has instead. */
  #finish(asked: Asked, answer: Answer<AnyApi> | undefined): Promise<void> | undefined {
    const { handler, body, context, outcome } = asked
    if (this.#isClosed) return undefined
    if (outcome?.kind === 'blackhole') {
      this.#isDeaf = true
      this.#waiting.length = 0
    } else if (outcome?.kind === 'disconnect' || answer === 'disconnect') this.#answer(asked, 'disconnect')
    // The type has the names of codes; a test may have chosen a number that has none.
    else if (outcome?.kind === 'fail') this.#answer(asked, handler.refuse(body, outcome.errorCode as unknown as BrokerErrorCode, context))
    else if (outcome?.kind === 'throttle') return this.#throttle(asked, answer, outcome.ms)
    else if (outcome?.kind === 'answer')
      this.#answer(
        asked,
        changed(answer, (response) => outcome.change(response, body, asked.request)),
      )
    else if (answer !== undefined) this.#answer(asked, answer)
    this.#options.cluster.changed()
    return undefined
  }

  /** Since Kafka 2.0 the client is told at once, and not listened to for the time that it is told. */
  #throttle(asked: Asked, answer: Answer<AnyApi> | undefined, ms: number): Promise<void> {
    const { release } = this.#options.cluster.options
    const throttled = changed(answer, (response) => ({ ...(response as object), throttleTimeMs: ms }))
    const send = () => {
      if (!this.#isClosed) this.#answer(asked, throttled)
      this.#options.cluster.changed()
    }
    if (release.throttlesLate) return this.#delay(ms).then(send)
    send()
    return this.#delay(ms)
  }

  /** Waits as long as all delays together, and then for those who hold; undefined where there is nothing to wait for. */
  #waitAll(waits: readonly Wait[], afterWork: boolean): Promise<void> | undefined {
    const due = waits.filter((wait) => wait.afterWork === afterWork)
    if (due.length === 0) return undefined
    let ms = 0
    for (const wait of due) if (wait.kind === 'delay') ms += wait.ms
    return due.reduce(
      async (before, wait) => {
        await before
        if (!this.#isClosed && wait.kind === 'hold') await this.#waitFor((pass) => wait.gate.wait(pass))
      },
      ms > 0 ? this.#delay(ms) : Promise.resolve(),
    )
  }

  #delay(ms: number): Promise<void> {
    return this.#waitFor((pass) => {
      const timer = this.#options.cluster.options.clock.setTimer(pass, ms)
      return () => timer.cancel()
    })
  }

  /** Waits for what `begin` begins, or for the end of the connection. */
  #waitFor(begin: (pass: () => void) => () => void): Promise<void> {
    return new Promise((resolve) => {
      const stopListening = this.#onClose(() => {
        stop()
        resolve()
      })
      const stop = begin(() => {
        stopListening()
        resolve()
      })
    })
  }

  #onClose(callback: () => void): () => void {
    this.#closeListeners.add(callback)
    return () => this.#closeListeners.delete(callback)
  }

  #answer({ handler, start, outcome }: Asked, answer: Answer<AnyApi>): void {
    if (answer === 'disconnect') this.destroy()
    else if (answer !== 'no answer') {
      const chunks = encodeResponse(handler.api, answer, { version: start.version, correlationId: start.correlationId })
      if (outcome?.kind === 'bytes') this.#writeChanged(outcome.change(Buffer.concat(chunks)))
      else this.#write(chunks)
    }
    if (this.#sasl.isRefused) this.#end()
    this.#options.cluster.changed()
  }

  #writeChanged({ bytes, ends }: ChangedBytes): void {
    if (bytes.length > 0) this.#write([bytes])
    if (ends) this.#end()
  }

  /** Ends the connection when what was written has left. */
  #end(): void {
    this.#letGo()
    this.#channel.end()
  }

  #write(chunks: readonly Uint8Array[]): void {
    if (this.#frozen !== undefined) this.#frozen.push(...chunks)
    else if (!this.#isClosed && !this.#channel.write(chunks)) this.#isFull = true
  }
}

/** The answer as `change` has it; undefined from there is no answer. */
function changed(answer: Answer<AnyApi> | undefined, change: (response: unknown) => unknown): Answer<AnyApi> {
  if (answer === undefined || answer === 'no answer' || answer === 'disconnect') return answer ?? 'no answer'
  return (change(answer) ?? 'no answer') as Answer<AnyApi>
}
