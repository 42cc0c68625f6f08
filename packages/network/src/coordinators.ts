import { BrokerError, type FindCoordinator, type FindCoordinatorResponse, type RequestInputOf } from '@k/protocol'
import { ignore } from './deadline.ts'
import { type BrokerMetadata, isBroker } from './topic-metadata.ts'

/** Whose coordinator: a group's, or a transactional producer's. */
export type CoordinatorKey =
  | { readonly group: string; readonly transactionalId?: undefined }
  | { readonly transactionalId: string; readonly group?: undefined }

/** Asks some broker. */
export type FindCoordinatorRequest = (body: (version: number) => RequestInputOf<typeof FindCoordinator>) => Promise<FindCoordinatorResponse>

const GROUP = 0
const TRANSACTION = 1
const BATCHED_SINCE = 4
const COORDINATOR_NOT_AVAILABLE = 15

/** Which broker coordinates what. Remembered until forgotten; whoever looks for the same at the same time shares one request. */
export class Coordinators {
  readonly #ask: FindCoordinatorRequest
  readonly #found = new Map<string, BrokerMetadata>()
  readonly #looking = new Map<string, Promise<BrokerMetadata>>()

  constructor(ask: FindCoordinatorRequest) {
    this.#ask = ask
  }

  /** The coordinator, if it has been found. */
  known(key: CoordinatorKey): BrokerMetadata | undefined {
    return this.#found.get(nameOf(key))
  }

  /** @throws BrokerError where a broker refuses to tell */
  find(key: CoordinatorKey): Promise<BrokerMetadata> {
    const name = nameOf(key)
    const found = this.#found.get(name)
    if (found !== undefined) return Promise.resolve(found)
    const looking = this.#looking.get(name)
    if (looking !== undefined) return looking
    const lookup = this.#lookup(key).then((broker) => {
      // Forgotten meanwhile: the answer is for those who wait for it, and for nobody later.
      if (this.#looking.get(name) === lookup) this.#found.set(name, broker)
      return broker
    })
    this.#looking.set(name, lookup)
    lookup
      .finally(() => {
        if (this.#looking.get(name) === lookup) this.#looking.delete(name)
      })
      .catch(ignore)
    return lookup
  }

  /** The next call of {@link find} asks again. */
  forget(key: CoordinatorKey): void {
    const name = nameOf(key)
    this.#found.delete(name)
    this.#looking.delete(name)
  }

  async #lookup(key: CoordinatorKey): Promise<BrokerMetadata> {
    const [keyType, id, what] =
      key.group === undefined ? [TRANSACTION, key.transactionalId, 'transactional id'] : [GROUP, key.group, 'group']
    let batched = false
    const response = await this.#ask((version) => {
      batched = version >= BATCHED_SINCE
      if (batched) return { keyType, coordinatorKeys: [id] }
      return version === 0 ? { key: id } : { key: id, keyType }
    })
    const answer = batched ? response.coordinators.find((coordinator) => coordinator.key === id) : response
    const context = `cannot find the coordinator of ${what} ${id}`
    if (answer !== undefined && answer.errorCode !== 0) {
      throw new BrokerError(answer.errorCode, context, { brokerMessage: answer.errorMessage })
    }
    // An answer without a broker is no answer.
    if (answer === undefined || !isBroker(answer.nodeId, answer.host, answer.port))
      throw new BrokerError(COORDINATOR_NOT_AVAILABLE, context)
    return { id: answer.nodeId, host: answer.host, port: answer.port, rack: undefined }
  }
}

function nameOf(key: CoordinatorKey): string {
  return key.group === undefined ? `transactionalId:${key.transactionalId}` : `group:${key.group}`
}
