import type { Deserialization } from './deserialization.ts'
import type { FetchBuffer } from './fetch-buffer.ts'
import type { Chunk, FetchedPartition } from './fetched-partition.ts'
import type { PartitionState } from './partition-state.ts'

/** Takes the next records out of the fetch buffer, decoded and deserialized. */
export class ChunkSource<K, V> {
  readonly #buffer: FetchBuffer
  readonly #deserialization: Deserialization<K, V>
  readonly #maxRecords: number
  // Begun or ready, of partitions that were paused then.
  #aside: Chunk<K, V>[] = []
  #takenInARow = 0

  /** @param maxRecords - the most that one chunk holds */
  constructor(buffer: FetchBuffer, deserialization: Deserialization<K, V>, maxRecords: number) {
    this.#buffer = buffer
    this.#deserialization = deserialization
    this.#maxRecords = maxRecords
  }

  /**
   * The next records of some partition that may be read; undefined where nothing is buffered, a promise only where decompression or a
   * deserializer takes one: undefined from it means to ask again.
   * @throws PartitionError where a partition cannot be read on; it is fetched anew from its position then
   */
  take(): Chunk<K, V> | Promise<Chunk<K, V> | undefined> | undefined {
    if (this.#aside.length > 0) {
      this.#aside = this.#aside.filter(isFresh)
      const begun = this.#aside.findIndex(isReadable)
      if (begun >= 0) return this.#aside.splice(begun, 1)[0]
    }
    for (;;) {
      const fetched = this.#buffer.first()
      if (fetched === undefined) return undefined
      if (this.#takenInARow >= this.#maxRecords) {
        this.#takenInARow = 0
        this.#buffer.rotate(fetched.state)
        continue
      }
      const chunk = this.#decode(fetched)
      if (chunk !== undefined) return chunk
    }
  }

  /** Takes back records that may not be handed out now; they come again when their partition is resumed. */
  putBack(chunk: Chunk<K, V>): void {
    if (isFresh(chunk) && chunk.index < chunk.records.length) this.#aside.push(chunk)
  }

  /** Forgets everything of a partition. */
  drop(state: PartitionState): void {
    this.#aside = this.#aside.filter((chunk) => chunk.state !== state)
    this.#buffer.drop(state)
  }

  /** Forgets everything of a partition and has it fetched anew from its position. */
  refetch(state: PartitionState): void {
    // In this order: the room that the drop makes is used at once, and by this partition as well.
    state.refetch()
    this.drop(state)
  }

  #decode(fetched: FetchedPartition): Chunk<K, V> | Promise<Chunk<K, V> | undefined> | undefined {
    let chunk: Chunk | Promise<Chunk | undefined> | undefined
    try {
      chunk = fetched.take(this.#maxRecords)
    } catch (error) {
      this.refetch(fetched.state)
      throw error
    }
    if (!(chunk instanceof Promise)) return this.#deserialize(fetched, chunk)
    return chunk.then(
      (decoded) => this.#deserialize(fetched, decoded),
      (error) => {
        if (fetched.isCurrent) {
          this.refetch(fetched.state)
          throw error
        }
        return undefined
      },
    )
  }

  #deserialize(fetched: FetchedPartition, chunk: Chunk | undefined): Chunk<K, V> | Promise<Chunk<K, V> | undefined> | undefined {
    if (chunk !== undefined) {
      this.#takenInARow += chunk.records.length
      return this.#deserialization.apply(chunk)
    }
    const { state } = fetched
    // What was left out at the end, control records for one, is passed over.
    if (fetched.isCurrent && fetched.offset > state.position) state.advance(fetched.offset, state.positionEpoch)
    this.#buffer.remove(fetched)
    this.#takenInARow = 0
    return undefined
  }
}

function isFresh({ state, fetchEpoch }: Chunk<unknown, unknown>): boolean {
  return state.isOwned && state.fetchEpoch === fetchEpoch
}

/** Whether the records may be handed out now. */
export function isReadable(chunk: Chunk<unknown, unknown>): boolean {
  return chunk.fetchEpoch === chunk.state.fetchEpoch && chunk.state.isReadable
}
