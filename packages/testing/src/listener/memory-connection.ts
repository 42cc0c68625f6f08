import type { TransportConnection, TransportHandler } from '@k/protocol'
import type { Accept, Channel } from './channel.ts'

/** Bytes under way in one direction beyond which the writer is asked to wait. */
const HIGH_WATER = 1024 * 1024

/** Calls back when what is under way has arrived. */
export type Later = (arrive: () => void) => void

/** One direction of a connection: what is written arrives in order and later, and the end comes after the last bytes. */
class Lane {
  readonly #later: Later
  readonly #deliver: (bytes: Uint8Array) => void
  readonly #end: () => void
  readonly #drained: () => void
  #queue: Uint8Array[] = []
  #queued = 0
  #full = false
  #scheduled = false
  #paused = false
  #ended = false

  constructor(later: Later, deliver: (bytes: Uint8Array) => void, end: () => void, drained: () => void) {
    this.#later = later
    this.#deliver = deliver
    this.#end = end
    this.#drained = drained
  }

  write(chunks: readonly Uint8Array[]): boolean {
    if (this.#ended) return true
    for (const chunk of chunks) {
      this.#queue.push(chunk)
      this.#queued += chunk.length
    }
    this.#schedule()
    this.#full ||= this.#queued > HIGH_WATER
    return !this.#full
  }

  end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#paused = false
    this.#schedule()
  }

  pause(paused: boolean): void {
    this.#paused = paused && !this.#ended
    if (!this.#paused && (this.#queued > 0 || this.#ended)) this.#schedule()
  }

  #schedule(): void {
    if (this.#scheduled || this.#paused) return
    this.#scheduled = true
    this.#later(() => this.#run())
  }

  #run(): void {
    this.#scheduled = false
    if (this.#paused) return
    const chunks = this.#queue
    this.#queue = []
    this.#queued = 0
    for (const chunk of chunks) this.#deliver(chunk)
    if (this.#full) {
      this.#full = false
      this.#drained()
    }
    // Nothing can be written after the end, so an empty queue stays empty.
    if (this.#ended) this.#end()
  }
}

/** Connects a client's handler with a broker. Either side's `destroy` ends both, after what was written before has arrived. */
export function connectPair(later: Later, client: TransportHandler, accept: Accept): TransportConnection {
  const once = (callback: () => void) => {
    let called = false
    return () => {
      if (called) return
      called = true
      callback()
    }
  }
  let clientGone = false
  let brokerGone = false
  const closeClient = once(() => client.closed())
  const closeBroker = once(() => broker.closed())
  const toBroker: Lane = new Lane(
    later,
    (bytes) => !brokerGone && broker.received(bytes as Buffer),
    closeBroker,
    () => !clientGone && client.drained(),
  )
  const toClient: Lane = new Lane(
    later,
    (bytes) => fill(client, bytes, () => clientGone),
    closeClient,
    () => !brokerGone && broker.drained(),
  )
  const end = () => {
    toBroker.end()
    toClient.end()
  }
  const endBroker = () => {
    brokerGone = true
    end()
  }
  const channel: Channel = {
    write: (chunks) => toClient.write(chunks),
    end: endBroker,
    destroy: endBroker,
    pause: () => toBroker.pause(true),
    resume: () => toBroker.pause(false),
    remoteHost: '/127.0.0.1',
  }
  const broker = accept(channel)
  return {
    // A copy: the client may use its buffers again as soon as it thinks the request failed, the broker may look at them for as long as it likes.
    write: (chunks) => toBroker.write([Buffer.concat(chunks)]),
    destroy() {
      clientGone = true
      end()
    },
  }
}

/** Copies bytes into the buffers that the client hands out, until it has gone. */
function fill(client: TransportHandler, bytes: Uint8Array, isGone: () => boolean): void {
  let at = 0
  while (at < bytes.length && !isGone()) {
    const target = client.buffer()
    const length = Math.min(target.length, bytes.length - at)
    target.set(bytes.subarray(at, at + length))
    client.received(length)
    at += length
  }
}
