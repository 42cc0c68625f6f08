import type { FetchedPartition } from './fetched-partition.ts'
import type { PartitionState } from './partition-state.ts'

/**
 * What was fetched and not yet handed out, bounded in bytes: its fullness is what holds up fetching. Partitions take turns, a fetch each.
 */
export class FetchBuffer {
  readonly #limit: number
  readonly #onRoom: () => void
  #queue: FetchedPartition[] = []
  #bytes = 0
  #reserved = 0

  /**
   * @param limit - bytes, those of requests under way included
   * @param onRoom - called when room has appeared
   */
  constructor(limit: number, onRoom: () => void) {
    this.#limit = limit
    this.#onRoom = onRoom
  }

  /** Bytes fetched and not yet handed out. */
  get bytes(): number {
    return this.#bytes
  }

  /**
   * Sets room aside for a request.
   * @param share - bytes that it should have
   * @param least - bytes below which it is not worth sending
   * @returns bytes set aside, 0 where there is no room: `onRoom` tells when to ask again
   */
  reserve(share: number, least: number): number {
    let room = this.#limit - this.#bytes - this.#reserved
    if (room < Math.min(share, least)) {
      this.#evictPaused()
      room = this.#limit - this.#bytes - this.#reserved
    }
    if (room < Math.min(share, least)) return 0
    const granted = Math.min(share, room)
    this.#reserved += granted
    return granted
  }

  /** Gives back what {@link reserve} set aside: the answer is here, or will not come. */
  release(bytes: number): void {
    this.#reserved -= bytes
  }

  add(fetched: FetchedPartition): void {
    this.#queue.push(fetched)
    this.#count(fetched, fetched.sizeInBytes)
  }

  /** The oldest whose partition may be read. It stays in the buffer until {@link remove}. */
  first(): FetchedPartition | undefined {
    for (const fetched of this.#queue) if (fetched.state.isReadable) return fetched
    return undefined
  }

  /** Everything of it was handed out. */
  remove(fetched: FetchedPartition): void {
    const index = this.#queue.indexOf(fetched)
    if (index < 0) return
    this.#queue.splice(index, 1)
    this.#count(fetched, -fetched.sizeInBytes)
    this.#onRoom()
  }

  /** Others first: what there is of this partition goes to the end. */
  rotate(state: PartitionState): void {
    const others = this.#queue.filter((fetched) => fetched.state !== state)
    this.#queue = [...others, ...this.#queue.filter((fetched) => fetched.state === state)]
  }

  /** Drops what was fetched of a partition. */
  drop(state: PartitionState): void {
    this.#forget(state)
    this.#onRoom()
  }

  /** Paused partitions keep what was fetched, unless others need the room: it is fetched again then. */
  #evictPaused(): void {
    const paused = new Set<PartitionState>()
    for (const { state } of this.#queue) if (state.paused) paused.add(state)
    for (const state of paused) {
      this.#forget(state)
      state.refetch()
    }
  }

  #forget(state: PartitionState): void {
    for (const fetched of this.#queue) if (fetched.state === state) this.#count(fetched, -fetched.sizeInBytes)
    this.#queue = this.#queue.filter((fetched) => fetched.state !== state)
  }

  #count(fetched: FetchedPartition, bytes: number): void {
    this.#bytes += bytes
    fetched.state.bufferedBytes += bytes
  }
}
