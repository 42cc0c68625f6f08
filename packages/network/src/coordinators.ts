import { BrokerError, type FindCoordinator, type FindCoordinatorResponse, type RequestInputOf } from '@k/protocol'
import { type BrokerMetadata, readBrokers } from './topic-metadata.ts'

/** Whose coordinator: a group's, or a transactional producer's. */
export type CoordinatorKey =
  | { readonly group: string; readonly transactionalId?: undefined }
  | { readonly transactionalId: string; readonly group?: undefined }

/** Asks some broker. */
export type FindCoordinatorRequest = (body: (version: number) => RequestInputOf<typeof FindCoordinator>) => Promise<FindCoordinatorResponse>

const COORDINATOR_NOT_AVAILABLE = 15

interface Lookup {
  readonly answer: Promise<BrokerMetadata>
  /** Undefined while it is looked for. */
  broker: BrokerMetadata | undefined
}

/** Which broker coordinates what. Remembered until forgotten; whoever looks for the same at the same time shares one request. */
export class Coordinators {
  readonly #ask: FindCoordinatorRequest
  readonly #lookups = new Map<string, Lookup>()

  constructor(ask: FindCoordinatorRequest) {
    this.#ask = ask
  }

  /** The coordinator, if it has been found. */
  known(key: CoordinatorKey): BrokerMetadata | undefined {
    return this.#lookups.get(nameOf(key))?.broker
  }

  /** @throws BrokerError where a broker refuses to tell */
  find(key: CoordinatorKey): Promise<BrokerMetadata> {
    const name = nameOf(key)
    const known = this.#lookups.get(name)
    if (known !== undefined) return known.answer
    const lookup: Lookup = { answer: this.#lookup(key), broker: undefined }
    this.#lookups.set(name, lookup)
    lookup.answer.then(
      (broker) => {
        // Forgotten meanwhile: the answer is for those who wait for it, and for nobody later.
        lookup.broker = broker
      },
      () => {
        if (this.#lookups.get(name) === lookup) this.#lookups.delete(name)
      },
    )
    return lookup.answer
  }

  /** The next call of {@link find} asks again. */
  forget(key: CoordinatorKey): void {
    this.#lookups.delete(nameOf(key))
  }

  async #lookup(key: CoordinatorKey): Promise<BrokerMetadata> {
    const id = key.group ?? key.transactionalId
    // Of the numbers of the API, 0 is a group, and 1 a transactional id.
    const keyType = key.group === undefined ? 1 : 0
    // Since version 4 several are asked for at once.
    const response = await this.#ask((version) => (version < 4 ? { key: id, keyType } : { keyType, coordinatorKeys: [id] }))
    const answer = response.coordinators.find((coordinator) => coordinator.key === id) ?? response
    // An answer without a broker is no answer.
    const [broker] = answer.errorCode === 0 ? readBrokers([answer]) : []
    if (broker !== undefined) return broker
    const errorCode = answer.errorCode || COORDINATOR_NOT_AVAILABLE
    throw new BrokerError(errorCode, `cannot find the coordinator of ${nameOf(key)}`, { brokerMessage: answer.errorMessage })
  }
}

function nameOf(key: CoordinatorKey): string {
  return key.group === undefined ? `transactionalId ${key.transactionalId}` : `group ${key.group}`
}
