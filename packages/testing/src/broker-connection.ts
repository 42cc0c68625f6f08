import { type AnyApi, ApiVersions, decodeRequest, encodeResponse, peekRequest, type RequestOf, type RequestStart } from '@k/protocol'
import type { BrokerState } from './broker-state.ts'
import type { ClusterState } from './cluster-state.ts'
import type { RequestRecorder } from './control/request-recorder.ts'
import type { Rules } from './control/rules.ts'
import type { Answer, Handler, RequestContext } from './handlers/handler.ts'
import { handlerOf } from './handlers/handler-table.ts'
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

/** One client's connection with one broker. Requests are worked on one at a time, in the order in which they came, as Kafka does it. */
export class BrokerConnection implements ChannelHandler {
  readonly #channel: Channel
  readonly #options: ConnectionOptions
  readonly #frames = new FrameAssembler()
  readonly #waiting: Buffer[] = []
  readonly #closeListeners = new Set<() => void>()
  readonly #sasl: SaslSession
  #waitingBytes = 0
  #isPaused = false
  #isBusy = false
  #isFull = false
  #isClosed = false

  constructor(channel: Channel, options: ConnectionOptions) {
    this.#channel = channel
    this.#options = options
    const { plainUsers } = options.cluster.options
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

  #letGo(): void {
    this.#isClosed = true
    for (const listener of [...this.#closeListeners]) listener()
    this.#closeListeners.clear()
  }

  received(bytes: Buffer): void {
    if (this.#isClosed) return
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
    while (!this.#isBusy && !this.#isFull && !this.#isClosed) {
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
    const handler = handlerOf(start.apiKey)
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
  #refuseVersion({ api }: Handler<AnyApi>, { version, correlationId }: RequestStart): undefined {
    if (api !== ApiVersions) throw new Error(`${api.name} version ${version} is not served here`)
    const [minVersion, maxVersion] = handlerOf(ApiVersions.key)!.versions
    const apiKeys = [{ apiKey: ApiVersions.key, minVersion, maxVersion }]
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
    const { delayMs, fault } = rules.strike(request)
    recorder.record(request, bytes)
    const work = (): Promise<void> | undefined => {
      if (this.#isClosed) return undefined
      if (fault !== undefined && !fault.afterWork) {
        this.#answer(handler, start, fault.kind === 'fail' ? handler.refuse(body, fault.code, context) : 'disconnect')
        return undefined
      }
      // What nobody foresaw is answered as Kafka does it, and told to the test.
      const fail = (error: unknown) => {
        this.#options.onFailure(error)
        this.#answer(handler, start, handler.refuse(body, 'UNKNOWN_SERVER_ERROR', context))
      }
      const finish = (answer: Answer<AnyApi>) => {
        if (fault?.kind === 'fail') this.#answer(handler, start, handler.refuse(body, fault.code, context))
        else this.#answer(handler, start, fault === undefined ? answer : 'disconnect')
      }
      try {
        const answer = handler.handle(body, context)
        if (answer instanceof Promise) return answer.then(finish, fail)
        finish(answer)
      } catch (error) {
        fail(error)
      }
      return undefined
    }
    return delayMs > 0 ? this.#wait(delayMs).then(work) : work()
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#options.cluster.options.clock.setTimer(() => {
        stop()
        resolve()
      }, ms)
      const stop = this.#onClose(() => {
        timer.cancel()
        resolve()
      })
    })
  }

  #onClose(callback: () => void): () => void {
    this.#closeListeners.add(callback)
    return () => this.#closeListeners.delete(callback)
  }

  #answer({ api }: Handler<AnyApi>, { version, correlationId }: RequestStart, answer: Answer<AnyApi>): void {
    const { cluster } = this.#options
    if (answer === 'disconnect') this.destroy()
    else if (answer !== 'no answer') this.#write(encodeResponse(api, answer, { version, correlationId }))
    if (this.#sasl.isRefused) {
      this.#letGo()
      this.#channel.end()
    }
    cluster.changed()
  }

  #write(chunks: readonly Uint8Array[]): void {
    if (!this.#isClosed && !this.#channel.write(chunks)) this.#isFull = true
  }
}
