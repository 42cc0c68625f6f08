import { ZERO_UUID } from '@k/protocol'

/** What a client wants of one partition. */
export interface FetchWish {
  /** Empty where only the id was said, and no topic had it yet. */
  topic: string
  readonly topicId: string
  readonly partition: number
  readonly fetchOffset: bigint
  readonly partitionMaxBytes: number
  readonly currentLeaderEpoch: number
  readonly lastFetchedEpoch: number
}

/** What a client is told of a partition, as far as a session compares it with what it was told before. */
export interface Told {
  readonly errorCode: number
  readonly highWatermark: bigint
  readonly logStartOffset: bigint
  readonly divergingEpoch?: { readonly epoch?: number } | undefined
  readonly preferredReadReplica?: number | undefined
  readonly records?: Uint8Array | null | undefined
}

interface SessionPartition {
  wish: FetchWish
  highWatermark: bigint
  logStartOffset: bigint
}

const LAST_EPOCH = 0x7fffffff
const UNKNOWN = -1n

/** What a client has said that it reads, so that it says, and hears, only what is new (KIP-227). */
export class FetchSession {
  readonly id: number
  readonly usesTopicIds: boolean
  /** Of the next request. */
  epoch = 1
  lastUsed: number
  readonly #partitions = new Map<string, SessionPartition>()

  constructor(id: number, usesTopicIds: boolean, now: number) {
    this.id = id
    this.usesTopicIds = usesTopicIds
    this.lastUsed = now
  }

  get size(): number {
    return this.#partitions.size
  }

  /** Everything that is read, in its turn. */
  get wishes(): FetchWish[] {
    return [...this.#partitions.values()].map(({ wish }) => wish)
  }

  /** Adds partitions, or changes what is wanted of them. */
  want(wishes: Iterable<FetchWish>): void {
    for (const wish of wishes) {
      const key = keyOf(wish)
      const known = this.#partitions.get(key)
      if (known === undefined) this.#partitions.set(key, { wish, highWatermark: UNKNOWN, logStartOffset: UNKNOWN })
      else known.wish = wish
    }
  }

  forget(topic: string, topicId: string, partition: number): void {
    this.#partitions.delete(keyOf({ topic, topicId, partition }))
  }

  next(now: number): void {
    this.epoch = this.epoch === LAST_EPOCH ? 1 : this.epoch + 1
    this.lastUsed = now
  }

  /** Notes what the client is told of a partition, and says whether it is news. What brought records comes last in the next turn. */
  tell(wish: FetchWish, told: Told): boolean {
    const key = keyOf(wish)
    const known = this.#partitions.get(key)
    if (known === undefined) return true
    const brings = (told.records?.length ?? 0) > 0
    const redirects = (told.preferredReadReplica ?? -1) >= 0
    const fails = told.errorCode !== 0 || (told.divergingEpoch?.epoch ?? -1) >= 0
    const moved = known.highWatermark !== told.highWatermark || known.logStartOffset !== told.logStartOffset
    known.highWatermark = fails ? UNKNOWN : told.highWatermark
    known.logStartOffset = told.logStartOffset
    if (brings) {
      this.#partitions.delete(key)
      this.#partitions.set(key, known)
    }
    return brings || redirects || fails || moved
  }
}

/** By id where there is one: names may have changed their topic. */
export function keyOf({ topic, topicId, partition }: Pick<FetchWish, 'topic' | 'topicId' | 'partition'>): string {
  return `${partition}:${topicId === ZERO_UUID ? topic : topicId}`
}
