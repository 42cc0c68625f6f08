import type { MaybePromise } from '@k/network'
import { type ConsumerRecord, setKeyAndValue } from './consumer-record.ts'
import type { Deserialize } from './deserializer.ts'
import { DeserializationError } from './errors.ts'
import type { Chunk } from './fetched-partition.ts'

/** What becomes of a record that a deserializer refused: the read fails, or goes on after it. */
export type OnDeserializationError = 'fail' | 'skip' | ((error: DeserializationError) => MaybePromise<'fail' | 'skip'>)

type Failure = DeserializationError | undefined

/** Runs the deserializers over records that are about to be handed out. */
export class Deserialization<K, V> {
  readonly #key: Deserialize<K> | undefined
  readonly #value: Deserialize<V> | undefined
  readonly #onError: OnDeserializationError

  constructor(key: Deserialize<K> | undefined, value: Deserialize<V> | undefined, onError: OnDeserializationError) {
    this.#key = key
    this.#value = value
    this.#onError = onError
  }

  /** The records with their keys and values made; a promise only where a deserializer answers with one. Promises run together. */
  apply(chunk: Chunk): Chunk<K, V> | Promise<Chunk<K, V>> {
    // Whoever has no deserializer has said Buffer for K or V.
    const typed = chunk as unknown as Chunk<K, V>
    if (this.#key === undefined && this.#value === undefined) return typed
    const failures: MaybePromise<Failure>[] = []
    let isAsync = false
    for (const record of chunk.records) {
      const failure = this.#deserialize(record)
      failures.push(failure)
      if (failure === undefined) continue
      isAsync = true
      // What comes after a record that fails the read is read anew.
      if (DeserializationError.is(failure) && this.#onError === 'fail') break
    }
    return isAsync ? this.#judge(typed, failures) : typed
  }

  #deserialize(record: ConsumerRecord): MaybePromise<Failure> {
    const { key, value } = record
    const context = { topic: record.topic, headers: record.headers }
    let part: 'key' | 'value' = 'key'
    const refuse = (error: unknown) => {
      const { topic, partition, offset } = record
      return new DeserializationError(part, { topic, partition, offset, rawKey: key, rawValue: value }, error)
    }
    try {
      const newKey = this.#key === undefined || key === null ? key : this.#key(key, context)
      part = 'value'
      const newValue = this.#value === undefined || value === null ? value : this.#value(value, context)
      if (isPromise(newKey) || isPromise(newValue)) {
        part = 'key'
        return awaitBoth(newKey, newValue, () => {
          part = 'value'
        }).then(([madeKey, madeValue]) => {
          setKeyAndValue(record, madeKey, madeValue)
          return undefined
        }, refuse)
      }
      setKeyAndValue(record, newKey, newValue)
      return undefined
    } catch (error) {
      return refuse(error)
    }
  }

  /** Leaves out what is to be skipped, and cuts the chunk off before what is to fail. */
  async #judge(chunk: Chunk<K, V>, outcomes: readonly MaybePromise<Failure>[]): Promise<Chunk<K, V>> {
    const skipped = new Set<number>()
    for (const failure of await Promise.all(outcomes)) {
      if (failure === undefined) continue
      const verdict = typeof this.#onError === 'function' ? await this.#onError(failure) : this.#onError
      if (verdict !== 'skip') {
        chunk.records = chunk.records.filter(({ offset }) => offset < failure.offset)
        chunk.endOffset = failure.offset
        chunk.error = failure
        break
      }
      skipped.add(failure.offset)
    }
    chunk.records = chunk.records.filter(({ offset }) => !skipped.has(offset))
    return chunk
  }
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | null | undefined)?.then === 'function'
}

async function awaitBoth(key: unknown, value: unknown, onKey: () => void): Promise<[unknown, unknown]> {
  // Both run at once; the value's failure must not go unheard while the key is awaited.
  const madeValue = Promise.resolve(value)
  madeValue.catch(() => {})
  const madeKey = await key
  onKey()
  return [madeKey, await madeValue]
}
