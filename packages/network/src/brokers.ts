import { BrokerError, KafkaError, Metadata as MetadataApi, type MetadataResponse } from '@k/protocol'
import { formatHostPort, type HostPort } from './bootstrap-servers.ts'
import { Broker, gone, NOT_CONNECTED } from './broker.ts'
import { messageOf, withDeadline } from './deadline.ts'
import { diagnostics } from './diagnostics.ts'
import { AuthenticationError } from './errors/authentication-error.ts'
import { ClosedError } from './errors/closed-error.ts'
import { ConnectionError } from './errors/connection-error.ts'
import type { Metadata } from './metadata.ts'
import type { ResolvedOptions } from './options.ts'
import type { RequestBody } from './pending-request.ts'
import { readBrokers } from './topic-metadata.ts'

/** The brokers of a cluster that were needed so far, and the bootstrap addresses while no broker is known. */
export class Brokers {
  readonly #options: ResolvedOptions
  readonly #metadata: Metadata
  readonly #brokers = new Map<number, Broker>()
  readonly #bootstrap = new Map<string, Broker>()
  #closed: KafkaError | undefined

  constructor(options: ResolvedOptions, metadata: Metadata) {
    this.#options = options
    this.#metadata = metadata
  }

  /** The broker of an id; undefined where the cluster has none. Dials nobody. */
  get(id: number | undefined): Broker | undefined {
    const metadata = this.#metadata.broker(id)
    if (metadata === undefined) return undefined
    let broker = this.#brokers.get(metadata.id)
    if (broker?.address === metadata) return broker
    if (broker === undefined) {
      // A connection to a bootstrap address that turned out to be this broker's is kept.
      const address = formatHostPort(metadata)
      broker = this.#bootstrap.get(address) ?? this.#make(metadata.id, metadata)
      this.#bootstrap.delete(address)
      this.#brokers.set(metadata.id, broker)
    }
    broker.update(metadata.id, metadata)
    return broker
  }

  /** The broker of an id, if it was ever needed. */
  existing(id: number): Broker | undefined {
    return this.#brokers.get(id)
  }

  /** Whom to ask what any broker can answer: among equals, anybody. */
  leastBusy(): Broker | undefined {
    return this.get(this.#byLoad()[0])
  }

  /** Lets go of whom the cluster does not name: bootstrap addresses that are no broker's, and brokers that have left. Who is busy stays for now. */
  settle(): void {
    for (const broker of this.#metadata.brokers) if (this.#bootstrap.has(formatHostPort(broker))) this.get(broker.id)
    for (const [address, broker] of this.#bootstrap) {
      if (broker.pending > 0) continue
      this.#bootstrap.delete(address)
      broker.close()
    }
    for (const [id, broker] of this.#brokers) {
      if (this.#metadata.broker(id) !== undefined || broker.pending > 0) continue
      this.#brokers.delete(id)
      broker.close(gone(`broker ${id} (${formatHostPort(broker.address)})`, 'has left the cluster'))
    }
  }

  /** Asks one broker after the other for metadata until one answers: the known ones, then the bootstrap addresses. */
  async fetchMetadata(body: RequestBody<typeof MetadataApi>): Promise<MetadataResponse> {
    const errors: KafkaError[] = []
    for await (const broker of this.#inTurn()) {
      try {
        // The lowest version that can ask for no topic at all and name the controller.
        const response = await broker.request('default', MetadataApi, body, { minVersion: 1 })
        checkFit(response, formatHostPort(broker.address))
        return response
      } catch (error) {
        // Refused once, refused everywhere; and every attempt counts against the account.
        if (AuthenticationError.is(error) || ClosedError.is(error)) throw error
        errors.push(error as KafkaError)
      }
    }
    throw noneReached(errors)
  }

  /** Ends every connection; none is made any more. */
  async close(error: KafkaError): Promise<void> {
    this.#closed = error
    await Promise.all([...this.#brokers.values(), ...this.#bootstrap.values()].map((broker) => broker.close(error)))
  }

  #make(id: number | undefined, address: HostPort): Broker {
    if (this.#closed !== undefined) throw this.#closed
    return new Broker(id, address, this.#options, () => this.#metadata.refreshSoon())
  }

  /** Ids of all known brokers, the least busy first, equals in any order. */
  #byLoad(): number[] {
    const brokers = this.#metadata.brokers.map(({ id }) => {
      return { id, load: this.#brokers.get(id)?.load ?? NOT_CONNECTED, chance: this.#options.random.next() }
    })
    return brokers.sort((a, b) => a.load - b.load || a.chance - b.chance).map(({ id }) => id)
  }

  async *#inTurn(): AsyncGenerator<Broker, void, void> {
    const tried = new Set<string>()
    for (const id of this.#byLoad()) {
      const broker = this.get(id)
      if (broker === undefined) continue
      tried.add(formatHostPort(broker.address))
      yield broker
    }
    if (tried.size > 0 && this.#options.metadataRecoveryStrategy === 'none') return
    const servers = (await this.#bootstrapServers()).filter((server) => !tried.has(formatHostPort(server)))
    if (tried.size > 0 && servers.length > 0) {
      diagnostics.rebootstrapped.publish({ clientId: this.#options.clientId, servers: servers.map(formatHostPort) })
    }
    for (const server of servers) {
      const address = formatHostPort(server)
      const broker = this.#bootstrap.get(address) ?? this.#make(undefined, server)
      this.#bootstrap.set(address, broker)
      yield broker
    }
  }

  async #bootstrapServers(): Promise<readonly HostPort[]> {
    const { clock, bootstrapServers, requestTimeoutMs } = this.#options
    try {
      const limits = { what: 'bootstrapServers()', deadline: 'requestTimeoutMs', sent: false }
      return await withDeadline(clock, bootstrapServers(), requestTimeoutMs, limits)
    } catch (cause) {
      if (KafkaError.is(cause)) throw cause
      throw unreachable(`bootstrapServers() failed: ${messageOf(cause)}`, cause)
    }
  }
}

/** @throws BrokerError, KafkaError BROKER_UNKNOWN where an answer tells nothing of the cluster */
function checkFit({ errorCode, brokers }: MetadataResponse, address: string): void {
  if (errorCode !== 0) throw new BrokerError(errorCode, `${address} does not tell of the cluster`)
  // One that has just started may know of nobody yet.
  if (readBrokers(brokers).length > 0) return
  throw new KafkaError('BROKER_UNKNOWN', `${address} names no broker of its cluster`, { retriable: true })
}

/** @param errors - at least one */
function noneReached(errors: readonly KafkaError[]): KafkaError {
  if (errors.length === 1) return errors[0]!
  // A few are enough to see why.
  const reasons = errors.slice(0, 5).map(({ message }) => message)
  const message = `none of ${errors.length} brokers could be asked: ${reasons.join('; ')}`
  return unreachable(
    message,
    new AggregateError(errors, message),
    errors.some(({ retriable }) => retriable),
  )
}

function unreachable(message: string, cause: unknown, retriable = true): ConnectionError {
  return new ConnectionError('CONNECTION_FAILED', message, { broker: 'any', phase: 'connect', cause, retriable })
}
