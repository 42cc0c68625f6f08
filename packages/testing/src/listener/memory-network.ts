import type { Clock, Transport, TransportConnection, TransportHandler, TransportTarget } from '@k/protocol'
import { systemClock } from '../system-clock.ts'
import type { Accept, Listener } from './channel.ts'
import { connectPair, type Later } from './memory-connection.ts'

/** What a timer of Node can wait, 24 days. */
const LONGEST_TIMER_MS = 0x7fffffff

/** A network inside the process: addresses, and a transport that reaches them with no socket. */
export class MemoryNetwork implements Transport {
  readonly #later: Later
  readonly #listeners = new Map<string, Accept>()
  /** Every address that was ever open. */
  readonly #addresses = new Set<string>()
  #isClosed = false

  /** @param latency - how long something is under way, in ms, asked each time. Default: until the end of the turn */
  constructor(clock: Clock, latency?: () => number) {
    this.#later = latency === undefined ? (arrive) => clock.endOfTick(arrive) : (arrive) => void clock.setTimer(arrive, latency(), true)
  }

  /** Opens an address. While it is open the process goes on, as it does for a listening socket. */
  listen(host: string, port: number, accept: Accept): Listener {
    const address = `${host}:${port}`
    this.#listeners.set(address, accept)
    this.#addresses.add(address)
    const alive = systemClock.setTimer(() => {}, LONGEST_TIMER_MS, true)
    return {
      host,
      port,
      close: async () => {
        this.#listeners.delete(address)
        alive.cancel()
      },
    }
  }

  /** Whoever comes from now on hears that there is nobody any more. */
  close(): void {
    this.#isClosed = true
  }

  /** What a test did wrong is said as such; a broker that is down looks as it does over TCP. */
  #refused(address: string): Error {
    if (this.#isClosed) return failed('ERR_CLUSTER_CLOSED', 'the FakeCluster was closed: close the clients before it')
    if (this.#addresses.has(address)) return failed('ECONNREFUSED', `connect ECONNREFUSED ${address}`)
    const known = [...this.#addresses].join(', ')
    return failed(
      'ERR_UNKNOWN_ADDRESS',
      `kafka.transport leads to ${known}, not to ${address}: take bootstrapServers from the same FakeCluster`,
    )
  }

  /** Connects to an open address; TLS is left out, there is no wire to listen on. Rejects as the operating system would where nobody listens. */
  connect(target: TransportTarget, handler: TransportHandler): Promise<TransportConnection> {
    const address = `${target.host}:${target.port}`
    return new Promise((resolve, reject) => {
      const { signal } = target
      if (signal?.aborted) return reject(signal.reason)
      const abort = () => reject(signal?.reason)
      signal?.addEventListener('abort', abort, { once: true })
      this.#later(() => {
        signal?.removeEventListener('abort', abort)
        if (signal?.aborted) return
        const accept = this.#listeners.get(address)
        if (accept === undefined) return reject(this.#refused(address))
        resolve(connectPair(this.#later, handler, accept))
      })
    })
  }
}

function failed(code: string, message: string): Error {
  return Object.assign(new Error(message), { code, syscall: 'connect' })
}
