import { crc32 } from 'node:zlib'
import type { Clock, Transport, TransportConnection, TransportHandler, TransportTarget } from '@k/protocol'

/** The latest lines that are kept. */
const MOST_LINES = 100_000

/** What happened in a simulation, line by line. Two runs of one seed have the same lines. */
export class Trace {
  readonly #clock: Clock
  #lines: string[] = []

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get lines(): readonly string[] {
    return this.#lines
  }

  add(text: string): void {
    this.#lines.push(`${this.#clock.monotonic().toFixed(3)} ${text}`)
    if (this.#lines.length >= 2 * MOST_LINES) this.#lines = this.#lines.slice(-MOST_LINES)
  }
}

/** A transport on which every piece of bytes is noted on its way: when, where, how many, and their checksum. */
export class TracedTransport implements Transport {
  readonly #inner: Transport
  readonly #trace: Trace
  #connections = 0

  constructor(inner: Transport, trace: Trace) {
    this.#inner = inner
    this.#trace = trace
  }

  async connect(target: TransportTarget, handler: TransportHandler): Promise<TransportConnection> {
    const name = `connection ${++this.#connections}`
    const trace = this.#trace
    trace.add(`${name} opens to ${target.host}:${target.port}`)
    let buffer: Uint8Array = new Uint8Array()
    const traced: TransportHandler = {
      buffer() {
        buffer = handler.buffer()
        return buffer
      },
      received(length) {
        trace.add(`${name} <- ${described([buffer.subarray(0, length)])}`)
        handler.received(length)
      },
      drained: () => handler.drained(),
      closed(error) {
        trace.add(`${name} is closed`)
        handler.closed(error)
      },
    }
    try {
      const connection = await this.#inner.connect(target, traced)
      return {
        write(chunks) {
          trace.add(`${name} -> ${described(chunks)}`)
          return connection.write(chunks)
        },
        destroy: () => connection.destroy(),
      }
    } catch (error) {
      trace.add(`${name} fails: ${error}`)
      throw error
    }
  }
}

function described(chunks: readonly Uint8Array[]): string {
  let bytes = 0
  let sum = 0
  for (const chunk of chunks) {
    bytes += chunk.length
    sum = crc32(chunk, sum)
  }
  return `${bytes} bytes ${sum.toString(16).padStart(8, '0')}`
}
