import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { type AnyApi, decodeResponse, encodeRequest, peekCorrelationId, type RequestInputOf, type ResponseOf } from '@k/protocol'

const ANSWER_MS = 20_000
/** Far more than an answer takes that is not waited for. */
const SILENCE_MS = 1_000

interface Waiting {
  resolve(frame: Buffer | undefined): void
  reject(error: Error): void
}

/** One TCP connection to one broker that sends requests as they are: nothing is negotiated, looked up or tried again. */
export class RawConnection {
  readonly #socket: Socket
  readonly #clientId: string
  readonly #waiting = new Map<number, Waiting>()
  #received: Buffer = Buffer.alloc(0)
  #correlationId = 0
  #isClosed = false

  private constructor(socket: Socket, clientId: string) {
    this.#socket = socket
    this.#clientId = clientId
    socket.on('data', (bytes) => this.#take(bytes))
    // A broker that hangs up may do so by a reset.
    socket.on('error', () => {})
    socket.on('close', () => {
      this.#isClosed = true
      for (const { resolve } of this.#waiting.values()) resolve(undefined)
      this.#waiting.clear()
    })
  }

  static open(address: string, clientId: string): Promise<RawConnection> {
    const [host, port] = address.split(':') as [string, string]
    return new Promise((resolve, reject) => {
      const socket = connect({ host, port: Number(port), noDelay: true })
      socket.once('error', reject)
      socket.once('connect', () => resolve(new RawConnection(socket, clientId)))
    })
  }

  #take(bytes: Buffer): void {
    this.#received = Buffer.concat([this.#received, bytes])
    while (this.#received.length >= 4) {
      const end = 4 + this.#received.readInt32BE(0)
      if (this.#received.length < end) return
      const frame = this.#received.subarray(4, end)
      this.#received = this.#received.subarray(end)
      const id = peekCorrelationId(frame)
      this.#waiting.get(id)?.resolve(frame)
      this.#waiting.delete(id)
    }
  }

  /** The answer; undefined where the broker hangs up instead. */
  async request<A extends AnyApi>(api: A, version: number, body: RequestInputOf<A>): Promise<ResponseOf<A> | undefined> {
    const correlationId = ++this.#correlationId
    const frame = Buffer.concat(encodeRequest(api, body, { version, correlationId, clientId: this.#clientId }))
    const answer = await this.#exchange(frame, correlationId, api.name)
    return answer === undefined ? undefined : decodeResponse(api, version, answer).body
  }

  /** Whether a request stays unanswered for a while. */
  async isSilentOn<A extends AnyApi>(api: A, version: number, body: RequestInputOf<A>): Promise<boolean> {
    const answer = await Promise.race([this.request(api, version, body).catch(() => 'none'), sleep(SILENCE_MS, 'none')])
    return answer === 'none'
  }

  /** Sends a request that is never answered. */
  send<A extends AnyApi>(api: A, version: number, body: RequestInputOf<A>): void {
    const correlationId = ++this.#correlationId
    this.#socket.write(Buffer.concat(encodeRequest(api, body, { version, correlationId, clientId: this.#clientId })))
  }

  /** Sends a frame as it is, and gives the bytes of the answer behind its correlation id; undefined where the broker hangs up. */
  async sendFrame(frame: Buffer): Promise<Buffer | undefined> {
    const answer = await this.#exchange(frame, frame.length >= 12 ? frame.readInt32BE(8) : -1, 'a frame')
    return answer?.subarray(4)
  }

  #exchange(frame: Buffer, correlationId: number, what: string): Promise<Buffer | undefined> {
    if (this.#isClosed) return Promise.resolve(undefined)
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${what} was not answered within ${ANSWER_MS} ms`)), ANSWER_MS)
      const settle = (frame: Buffer | undefined) => {
        clearTimeout(timer)
        resolve(frame)
      }
      this.#waiting.set(correlationId, { resolve: settle, reject })
      this.#socket.write(frame)
    })
  }

  close(): void {
    this.#socket.destroy()
  }
}
