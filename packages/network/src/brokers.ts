import { BrokerError, KafkaError, Metadata as MetadataApi, type MetadataResponse } from '@k/protocol'
import { formatHostPort, type HostPort } from './bootstrap-servers.ts'
import { Broker } from './broker.ts'
import { messageOf, withDeadline } from './deadline.ts'
import { diagnostics } from './diagnostics.ts'
import { AuthenticationError } from './errors/authentication-error.ts'
import { ClosedError } from './errors/closed-error.ts'
import { ConnectionError } from './errors/connection-error.ts'
import { Metadata } from './metadata.ts'
import type { ResolvedOptions } from './options.ts'
import type { RequestBody } from './pending-request.ts'
import { readBrokers } from './topic-metadata.ts'

/**
 * The brokers of a cluster, as its metadata names them, and the bootstrap addresses while no broker is known. None is dialled before it is
 * asked something.
 */
export class Brokers {
  readonly metadata: Metadata
  readonly #options: ResolvedOptions
  /** By id, or by the address where no more is known. */
  readonly #brokers = new Map<number | string, Broker>()
  #closed: KafkaError | undefined

  constructor(options: ResolvedOptions) {
    this.#options = options
    this.metadata = new Metadata(options, (body) => this.#fetchMetadata(body))
    this.metadata.onChange(() => this.#settle())
  }

  /** The broker of an id; undefined where the cluster has none. */
  get(id: number | undefined): Broker | undefined {
    const metadata = this.metadata.broker(id)
    if (metadata === undefined) return undefined
    let broker = this.#brokers.get(metadata.id)
    if (broker === undefined) {
      // A connection to a bootstrap address that turned out to be this broker's is kept.
      broker = this.#at(metadata)
      this.#brokers.delete(formatHostPort(metadata))
      this.#brokers.set(metadata.id, broker)
    }
    if (broker.address !== metadata) broker.update(metadata)
    return broker
  }

  /** Whom to ask what any broker can answer: among equals, anybody. */
  leastBusy(): Broker | undefined {
    return this.#byLoad()[0]
  }

  /** Lets go of whom the cluster does not name: bootstrap addresses that are no broker's, and brokers that have left. Who is busy stays for now. */
  #settle(): void {
    for (const { id } of this.metadata.brokers) this.get(id)
    for (const [key, broker] of this.#brokers) {
      if (this.metadata.broker(key) !== undefined || broker.pending > 0) continue
      this.#brokers.delete(key)
      broker.close()
    }
  }

  /** Asks one broker after the other for metadata until one answers: the known ones, then the bootstrap addresses. */
  async #fetchMetadata(body: RequestBody<typeof MetadataApi>): Promise<MetadataResponse> {
    const errors: KafkaError[] = []
    for await (const broker of this.#inTurn()) {
      try {
        // The lowest version that can ask for no topic at all and name the controller.
        const response = await broker.request(MetadataApi, body, { minVersion: 1 })
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

  /** Ends every connection; none is made any more, and what waits for metadata rejects. */
  async close(error: KafkaError): Promise<void> {
    this.#closed = error
    this.metadata.close(error)
    await Promise.all([...this.#brokers.values()].map((broker) => broker.close(error)))
  }

  /** The broker at an address that is not known as that of a broker with an id. */
  #at(address: HostPort): Broker {
    const key = formatHostPort(address)
    let broker = this.#brokers.get(key)
    if (broker === undefined) {
      broker = new Broker(address, this.#options, () => this.metadata.refreshSoon())
      if (this.#closed !== undefined) broker.close(this.#closed)
      this.#brokers.set(key, broker)
    }
    return broker
  }

  /** All known brokers, the least busy first, equals in any order. */
  #byLoad(): Broker[] {
    const brokers = this.metadata.brokers.map(({ id }) => this.get(id) as Broker)
    const loads = brokers.map((broker) => [broker.load + this.#options.random.next(), broker] as const)
    return loads.sort(([a], [b]) => a - b).map(([, broker]) => broker)
  }

  async *#inTurn(): AsyncGenerator<Broker, void, void> {
    const { clientId, metadataRecoveryStrategy } = this.#options
    const known = this.#byLoad()
    yield* known
    if (known.length > 0 && metadataRecoveryStrategy === 'none') return
    const tried = new Set(known.map(({ address }) => formatHostPort(address)))
    const servers = (await this.#bootstrapServers()).filter((server) => !tried.has(formatHostPort(server)))
    if (known.length > 0 && servers.length > 0) diagnostics.rebootstrapped.publish({ clientId, servers: servers.map(formatHostPort) })
    for (const server of servers) yield this.#at(server)
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
  throw new KafkaError('BROKER_UNKNOWN', `${address} names no broker`, { retriable: true })
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
