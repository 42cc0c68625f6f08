import type { Random } from '@k/protocol'
import { FetchSession, type FetchWish } from './fetch-session.ts'

/** After this time without a request a session makes room for another, in ms (KIP-227). */
const EVICTION_MS = 120_000

/** The fetch sessions of one broker. */
export class FetchSessions {
  readonly #random: Random
  readonly #slots: () => number
  readonly #sessions = new Map<number, FetchSession>()

  /** @param slots - how many there may be; Kafka: `max.incremental.fetch.session.cache.slots` */
  constructor(random: Random, slots: () => number) {
    this.#random = random
    this.#slots = slots
  }

  get size(): number {
    return this.#sessions.size
  }

  get(id: number): FetchSession | undefined {
    return this.#sessions.get(id)
  }

  remove(id: number): void {
    this.#sessions.delete(id)
  }

  clear(): void {
    this.#sessions.clear()
  }

  /** A session for these partitions; undefined where there is no room for one, so that the client goes on without. */
  create(wishes: readonly FetchWish[], usesTopicIds: boolean, now: number): FetchSession | undefined {
    if (this.#sessions.size >= this.#slots() && !this.#evict(wishes.length, now)) return undefined
    const session = new FetchSession(this.#newId(), usesTopicIds, now)
    session.want(wishes)
    this.#sessions.set(session.id, session)
    return session
  }

  /** The one that was not used for longest goes if it is idle, or else the smallest if it is smaller than the one that comes. */
  #evict(size: number, now: number): boolean {
    const sessions = [...this.#sessions.values()]
    const idlest = sessions.toSorted((a, b) => a.lastUsed - b.lastUsed)[0]
    const smallest = sessions.toSorted((a, b) => a.size - b.size)[0]
    if (idlest !== undefined && now - idlest.lastUsed > EVICTION_MS) return this.#sessions.delete(idlest.id)
    if (smallest !== undefined && smallest.size < size) return this.#sessions.delete(smallest.id)
    return false
  }

  #newId(): number {
    for (;;) {
      const id = 1 + Math.floor(this.#random.next() * 0x7ffffffe)
      if (!this.#sessions.has(id)) return id
    }
  }
}
