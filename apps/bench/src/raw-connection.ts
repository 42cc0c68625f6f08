import { type AnyApi, decodeResponse, encodeRequest, type RequestInputOf, type ResponseOf, type TransportConnection } from '@k/protocol'
import type { FakeCluster } from '@k/testing'

/** A connection in memory that sends one request after the other, and costs next to nothing. */
export class RawConnection {
  #connection!: TransportConnection
  #correlationId = 0
  #frame: Buffer = Buffer.alloc(0)
  #answered: (frame: Buffer) => void = () => {}

  private constructor() {}

  static async open(kafka: FakeCluster): Promise<RawConnection> {
    const raw = new RawConnection()
    const buffer = Buffer.alloc(1000)
    const { host, port } = kafka.broker(1)
    raw.#connection = await kafka.transport.connect(
      { host, port },
      {
        buffer: () => buffer,
        received: (length) => raw.#received(Buffer.from(buffer.subarray(0, length))),
        drained: () => {},
        closed: () => {},
      },
    )
    return raw
  }

  #received(bytes: Buffer): void {
    this.#frame = Buffer.concat([this.#frame, bytes])
    if (this.#frame.length < 4 || this.#frame.length < 4 + this.#frame.readInt32BE(0)) return
    const frame = this.#frame.subarray(4)
    this.#frame = Buffer.alloc(0)
    this.#answered(frame)
  }

  /** Sends a request and waits for its answer, before which no other may be sent. */
  async request<A extends AnyApi>(api: A, version: number, body: RequestInputOf<A>): Promise<ResponseOf<A>> {
    const answer = new Promise<Buffer>((resolve) => {
      this.#answered = resolve
    })
    this.#connection.write(encodeRequest(api, body, { version, correlationId: ++this.#correlationId, clientId: null }))
    return decodeResponse(api, version, await answer).body
  }
}
