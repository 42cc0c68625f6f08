import { connect, type Socket } from 'node:net'
import {
  type AnyApi,
  type Bytes,
  decodeResponse,
  encodeRequest,
  type Headers,
  peekCorrelationId,
  RecordBatchBuilder,
  type RequestInputOf,
  type ResponseOf,
  type Transport,
} from '@k/protocol'
import type { FakeCluster } from '../../src/index.ts'

/** How a client comes in. */
export type Way = 'tcp' | 'memory'

interface Link {
  write(chunks: readonly Uint8Array[]): void
  destroy(): void
}

/** A client that speaks raw protocol: every request is typed by its API, nothing is retried, nothing is looked up. */
export class RawClient {
  readonly closed: Promise<void>
  isClosed = false
  #link!: Link
  #correlationId = 0
  #buffered: Buffer = Buffer.alloc(0)
  #pieces: Buffer[] = []
  #length = 0
  #settle!: () => void
  readonly #waiting = new Map<number, { resolve(frame: Buffer): void; reject(error: Error): void }>()
  readonly #raw: ((frame: Buffer) => void)[] = []
  clientId: string | null = 'raw'

  private constructor() {
    this.closed = new Promise((resolve) => {
      this.#settle = resolve
    })
  }

  static async connect(kafka: FakeCluster, brokerId = 1, way: Way | Transport = 'memory'): Promise<RawClient> {
    const { host, port } = kafka.broker(brokerId)
    const client = new RawClient()
    client.#link =
      way === 'tcp' ? await client.#overTcp(host, port) : await client.#inMemory(way === 'memory' ? kafka.transport : way, host, port)
    return client
  }

  #overTcp(host: string, port: number): Promise<Link> {
    return new Promise((resolve, reject) => {
      const socket: Socket = connect({ host, port })
      socket.once('error', reject)
      socket.once('connect', () =>
        resolve({ write: (chunks) => chunks.forEach((c) => void socket.write(c)), destroy: () => socket.destroy() }),
      )
      socket.on('data', (bytes) => this.#received(bytes))
      socket.on('close', () => this.#ended())
    })
  }

  async #inMemory(transport: Transport, host: string, port: number): Promise<Link> {
    const buffer = Buffer.alloc(1000)
    const connection = await transport.connect(
      { host, port },
      {
        buffer: () => buffer,
        received: (length) => this.#received(Buffer.from(buffer.subarray(0, length))),
        drained: () => {},
        closed: () => this.#ended(),
      },
    )
    return { write: (chunks) => void connection.write(chunks), destroy: () => connection.destroy() }
  }

  #received(bytes: Buffer): void {
    this.#pieces.push(bytes)
    this.#length += bytes.length
    // Joined only when a frame is whole, so that a large one costs no more than its bytes.
    if (this.#buffered.length >= 4 && this.#length < 4 + this.#buffered.readInt32BE(0)) return
    this.#buffered = Buffer.concat([this.#buffered, ...this.#pieces])
    this.#pieces = []
    while (this.#buffered.length >= 4 && this.#buffered.length >= 4 + this.#buffered.readInt32BE(0)) {
      const size = this.#buffered.readInt32BE(0)
      const frame = this.#buffered.subarray(4, 4 + size)
      this.#buffered = this.#buffered.subarray(4 + size)
      this.#length = this.#buffered.length
      const raw = this.#raw.shift()
      if (raw !== undefined) raw(frame)
      else {
        const id = peekCorrelationId(frame)
        this.#waiting.get(id)?.resolve(frame)
        this.#waiting.delete(id)
      }
    }
  }

  #ended(): void {
    this.isClosed = true
    for (const { reject } of this.#waiting.values()) reject(new Error('connection closed'))
    this.#waiting.clear()
    this.#settle()
  }

  /** Sends a request and waits for its answer. */
  async request<A extends AnyApi>(api: A, version: number, body: RequestInputOf<A>): Promise<ResponseOf<A>> {
    const correlationId = ++this.#correlationId
    const frame = await new Promise<Buffer>((resolve, reject) => {
      if (this.isClosed) return reject(new Error('connection closed'))
      this.#waiting.set(correlationId, { resolve, reject })
      this.#link.write(encodeRequest(api, body, { version, correlationId, clientId: this.clientId }))
    })
    return decodeResponse(api, version, frame).body
  }

  /** Sends a request that has no answer. */
  send<A extends AnyApi>(api: A, version: number, body: RequestInputOf<A>): void {
    this.#link.write(encodeRequest(api, body, { version, correlationId: ++this.#correlationId, clientId: this.clientId }))
  }

  /** Sends bytes as they are. */
  write(bytes: Uint8Array): void {
    this.#link.write([bytes])
  }

  /** The next frame that comes, whatever it is. */
  nextFrame(): Promise<Buffer> {
    return new Promise((resolve) => this.#raw.push(resolve))
  }

  close(): void {
    this.#link.destroy()
  }
}

/** A record to put into a batch. */
export interface RawRecord {
  readonly key?: Bytes | null
  readonly value?: Bytes | null
  readonly timestamp?: number
  readonly headers?: Headers
}

/** When records are from where nothing else is said; a ManualClock begins here. */
export const SOME_TIME = 1_700_000_000_000

/** A batch as a producer sends it. */
export function batchOf(records: readonly (RawRecord | string)[], fields: Parameters<RecordBatchBuilder['close']>[0] = {}): Buffer {
  const builder = new RecordBatchBuilder()
  for (const each of records) {
    const record = typeof each === 'string' ? { value: each } : each
    builder.append(record.timestamp ?? SOME_TIME, record.key ?? null, record.value ?? null, record.headers)
  }
  return Buffer.from(builder.close(fields) as Buffer)
}
