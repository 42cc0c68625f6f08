import { BrokerError, KafkaError, Metadata as MetadataApi, type MetadataResponse } from '@k/protocol'
import { formatHostPort, type HostPort } from './bootstrap-servers.ts'
import { Broker, NOT_CONNECTED } from './broker.ts'
import { withDeadline } from './deadline.ts'
import { diagnostics } from './diagnostics.ts'
import { AuthenticationError } from './errors/authentication-error.ts'
import { ClosedError } from './errors/closed-error.ts'
import { ConnectionError } from './errors/connection-error.ts'
import { type FetchMetadata, METADATA_MIN_VERSION } from './metadata.ts'
import { given } from './option-checks.ts'
import type { ResolvedOptions } from './options.ts'
import { type BrokerMetadata, readBrokers } from './topic-metadata.ts'

/** What the picture of the cluster says of its brokers. */
export interface KnownBrokers {
  readonly brokers: readonly BrokerMetadata[]
  broker(id: number): BrokerMetadata | undefined
}

/** The brokers of a cluster that were needed so far, and the bootstrap addresses while no broker is known. */
export class Brokers {
  readonly #options: ResolvedOptions
  readonly #known: KnownBrokers
  readonly #onFailure: () => void
  readonly #brokers = new Map<number, Broker>()
  readonly #bootstrap = new Map<string, Broker>()
  #closed: KafkaError | undefined

  /** @param onFailure - called when a connection was lost or could not be made */
  constructor(options: ResolvedOptions, known: KnownBrokers, onFailure: () => void) {
    this.#options = options
    this.#known = known
    this.#onFailure = onFailure
  }

  /** The broker of an id; undefined where the cluster has none. Dials nobody. */
  get(id: number | undefined): Broker | undefined {
    const metadata = id === undefined ? undefined : this.#known.broker(id)
    if (metadata === undefined) return undefined
    const broker = this.#brokers.get(metadata.id)
    if (broker !== undefined) {
      broker.update(metadata.id, metadata)
      return broker
    }
    // A connection to a bootstrap address that turned out to be this broker's is kept.
    const address = formatHostPort(metadata)
    const adopted = this.#bootstrap.get(address)
    this.#bootstrap.delete(address)
    adopted?.update(metadata.id, metadata)
    const made = adopted ?? this.#make(metadata.id, metadata)
    this.#brokers.set(metadata.id, made)
    return made
  }

  /** The broker of an id, if it was ever needed. */
  existing(id: number): Broker | undefined {
    return this.#brokers.get(id)
  }

  /** Whom to ask what any broker can answer: among equals, anybody. */
  leastBusy(): Broker | undefined {
    const { random } = this.#options
    let least = Number.POSITIVE_INFINITY
    let equals = 0
    let found: number | undefined
    for (const { id } of this.#known.brokers) {
      const load = this.#loadOf(id)
      if (load > least) continue
      equals = load < least ? 1 : equals + 1
      least = load
      if (random.next() * equals < 1) found = id
    }
    return this.get(found)
  }

  /** Lets go of whom the cluster does not name: bootstrap addresses that are no broker's, and brokers that have left. Who is busy stays for now. */
  settle(): void {
    for (const broker of this.#known.brokers) if (this.#bootstrap.has(formatHostPort(broker))) this.get(broker.id)
    for (const [address, broker] of this.#bootstrap) {
      if (broker.pending > 0) continue
      this.#bootstrap.delete(address)
      broker.close()
    }
    for (const [id, broker] of this.#brokers) {
      if (this.#known.broker(id) !== undefined || broker.pending > 0) continue
      this.#brokers.delete(id)
      const name = `broker ${id} (${formatHostPort(broker.address)})`
      broker.close(new ConnectionError('CONNECTION_CLOSED', `${name} has left the cluster`, { broker: name, phase: 'connect' }))
    }
  }

  /** Asks one broker after the other for metadata until one answers: the known ones, then the bootstrap addresses. */
  async fetchMetadata(body: Parameters<FetchMetadata>[0]): ReturnType<FetchMetadata> {
    const errors: Error[] = []
    let version = 0
    const versioned = (spoken: number) => {
      version = spoken
      return body(spoken)
    }
    for await (const broker of this.#inTurn()) {
      try {
        const response = await broker.request('default', MetadataApi, versioned, { minVersion: METADATA_MIN_VERSION })
        const unfit = unfitFor(response, formatHostPort(broker.address))
        if (unfit === undefined) return { response, version }
        errors.push(unfit)
      } catch (error) {
        // Refused once, refused everywhere; and every attempt counts against the account.
        if (AuthenticationError.is(error) || ClosedError.is(error)) throw error
        errors.push(error as Error)
      }
    }
    throw noneReached(errors)
  }

  /** Ends every connection; none is made any more. */
  async close(error: KafkaError): Promise<void> {
    this.#closed = error
    await Promise.all([...this.#brokers.values(), ...this.#bootstrap.values()].map((broker) => broker.close(error)))
  }

  #make(id: number | undefined, { host, port }: HostPort): Broker {
    const broker = new Broker(id, { host, port }, this.#options, { failed: this.#onFailure })
    if (this.#closed !== undefined) broker.close(this.#closed)
    return broker
  }

  /** Ids of all known brokers, the least busy first, equals in any order. */
  #byLoad(): number[] {
    const { random } = this.#options
    const brokers = this.#known.brokers.map(({ id }) => ({ id, load: this.#loadOf(id), chance: random.next() }))
    return brokers.sort((a, b) => a.load - b.load || a.chance - b.chance).map(({ id }) => id)
  }

  #loadOf(id: number): number {
    return this.#brokers.get(id)?.load ?? NOT_CONNECTED
  }

  async *#inTurn(): AsyncGenerator<Broker, void, void> {
    const tried = new Set<string>()
    for (const id of this.#byLoad()) {
      const broker = this.get(id)
      if (broker === undefined) continue
      tried.add(formatHostPort(broker.address))
      if (this.#closed !== undefined) throw this.#closed
      yield broker
    }
    if (tried.size > 0 && this.#options.metadataRecoveryStrategy === 'none') return
    const servers = (await this.#bootstrapServers()).filter((server) => !tried.has(formatHostPort(server)))
    if (tried.size > 0 && servers.length > 0 && diagnostics.rebootstrapped.hasSubscribers) {
      diagnostics.rebootstrapped.publish({ clientId: this.#options.clientId, servers: servers.map(formatHostPort) })
    }
    for (const server of servers) {
      if (this.#closed !== undefined) throw this.#closed
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
      const message = `bootstrapServers() failed: ${cause instanceof Error ? cause.message : given(cause)}`
      throw new ConnectionError('CONNECTION_FAILED', message, { broker: 'any', phase: 'connect', cause })
    }
  }
}

/** Why an answer tells nothing of the cluster. */
function unfitFor(response: MetadataResponse, address: string): KafkaError | undefined {
  if (response.errorCode !== 0) return new BrokerError(response.errorCode, `${address} does not tell of the cluster`)
  // One that has just started may know of nobody yet.
  if (readBrokers(response).size > 0) return undefined
  return new KafkaError('BROKER_UNKNOWN', `${address} names no broker of its cluster`, { retriable: true })
}

function noneReached(errors: readonly Error[]): Error {
  const [first] = errors
  if (errors.length === 1 && first !== undefined) return first
  const reasons = errors.map((error) => error.message)
  const message = `none of ${errors.length} brokers could be asked: ${[...new Set(reasons)].slice(0, MAX_REASONS).join('; ')}`
  return new ConnectionError('CONNECTION_FAILED', message, {
    broker: 'any',
    phase: 'connect',
    cause: new AggregateError(errors, message),
    retriable: errors.length === 0 || errors.some((error) => !KafkaError.is(error) || error.retriable),
  })
}

const MAX_REASONS = 5
