import {
  type AnyApi,
  decodeRequest,
  decodeResponse,
  encodeResponse,
  peekRequest,
  type RequestOf,
  type ResponseInputOf,
  type ResponseOf,
  type Transport,
  type TransportConnection,
  type TransportHandler,
  type TransportTarget,
} from '@k/protocol'

type Change = (response: never, request: never, target: TransportTarget) => unknown

/** Cuts bytes into frames. */
class Frames {
  #rest: Buffer = Buffer.alloc(0)

  /** The frames that are complete now, without their sizes. */
  push(bytes: Uint8Array): Buffer[] {
    this.#rest = Buffer.concat([this.#rest, bytes])
    const frames: Buffer[] = []
    while (this.#rest.length >= 4 && this.#rest.length >= 4 + this.#rest.readInt32BE(0)) {
      const end = 4 + this.#rest.readInt32BE(0)
      frames.push(this.#rest.subarray(4, end))
      this.#rest = this.#rest.subarray(end)
    }
    return frames
  }
}

/** A transport on which answers are changed on their way to the client, as a broker might that lies. */
export class HostileTransport implements Transport {
  readonly #inner: Transport
  readonly #changes = new Map<number, { api: AnyApi; change: Change }>()
  #isCut = false

  constructor(inner: Transport) {
    this.#inner = inner
  }

  /** Answers of an API are what `change` makes of them from now on; undefined leaves the request unanswered. */
  answer<A extends AnyApi>(
    api: A,
    change: (response: ResponseOf<A>, request: RequestOf<A>, target: TransportTarget) => ResponseInputOf<A> | undefined,
  ): void {
    this.#changes.set(api.key, { api, change: change as unknown as Change })
  }

  /** Answers are as the brokers give them again. */
  honest(): void {
    this.#changes.clear()
  }

  /** Nothing passes any more in either direction, and nobody is told: the process is as good as dead. */
  cut(): void {
    this.#isCut = true
  }

  connect(target: TransportTarget, handler: TransportHandler): Promise<TransportConnection> {
    if (this.#isCut) return new Promise(() => {})
    const asked = new Map<number, { api: AnyApi; version: number; change: Change; body: unknown }>()
    const requests = new Frames()
    const answers = new Frames()
    const area = Buffer.alloc(65_536)
    let isOver = false
    const feed = (bytes: Uint8Array) => {
      for (let at = 0; at < bytes.length && !isOver; ) {
        const buffer = handler.buffer()
        const length = Math.min(buffer.length, bytes.length - at)
        buffer.set(bytes.subarray(at, at + length))
        handler.received(length)
        at += length
      }
    }
    const pass = (frame: Buffer) => {
      const correlationId = frame.readInt32BE(0)
      const known = asked.get(correlationId)
      asked.delete(correlationId)
      if (known === undefined) {
        const size = Buffer.alloc(4)
        size.writeInt32BE(frame.length)
        feed(Buffer.concat([size, frame]))
        return
      }
      const { api, version, change, body } = known
      const changed = change(decodeResponse(api, version, frame).body as never, body as never, target)
      if (changed !== undefined) feed(Buffer.concat(encodeResponse(api, changed as never, { version, correlationId })))
    }
    const opening = this.#inner.connect(target, {
      buffer: () => area,
      received: (length) => {
        if (!this.#isCut) for (const frame of answers.push(Buffer.from(area.subarray(0, length)))) pass(frame)
      },
      drained: () => handler.drained(),
      closed: (error) => {
        isOver = true
        if (!this.#isCut) handler.closed(error)
      },
    })
    return opening.then((connection) => ({
      write: (chunks) => {
        if (this.#isCut) return true
        for (const frame of requests.push(Buffer.concat(chunks))) {
          const { apiKey, version, correlationId } = peekRequest(frame)
          const rule = this.#changes.get(apiKey)
          if (rule === undefined) continue
          const { body } = decodeRequest(rule.api, version, Buffer.from(frame))
          asked.set(correlationId, { ...rule, version, body })
        }
        return connection.write(chunks)
      },
      destroy: () => {
        isOver = true
        if (this.#isCut) handler.closed()
        else connection.destroy()
      },
    }))
  }
}
