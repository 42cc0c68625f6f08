import type { MaybePromise } from '@k/network'
import type { Bytes, Headers } from '@k/protocol'

/** What a serializer may look at besides the value. */
export interface SerializerContext {
  /** The topic of the record; empty for a batch by hand. */
  readonly topic: string
  /** The headers of the record, if it has any. */
  readonly headers: Headers | undefined
}

/** Turns a key or a value into the bytes that go to the broker; null stands for "no key" and for a tombstone. Never called with null. */
export type SerializeFunction<T> = (value: T, context: SerializerContext) => MaybePromise<Bytes | null>

/** A serializer that holds something: `close` is called when the producer has closed. */
export interface SerializerObject<T> {
  /** Like a {@link SerializeFunction}. */
  serialize(value: T, context: SerializerContext): MaybePromise<Bytes | null>
  /** Called once the producer is closed; waited for within the time that `close` is given. */
  close?(): MaybePromise<void>
}

/** A function or an object that serializes keys or values. Asynchronous ones run side by side; the order of the records is kept. */
export type Serializer<T> = SerializeFunction<T> | SerializerObject<T>

/** Writes strings as UTF-8. Strings need no serializer; this one is for producers whose type says that nothing else is accepted. */
export function stringSerializer(): SerializeFunction<string> {
  return (text) => text
}

/** Writes values as JSON. */
export function jsonSerializer<T = unknown>(): SerializeFunction<T> {
  return (value) => {
    const json = JSON.stringify(value)
    if (json === undefined) throw new TypeError(`JSON has no form for ${typeof value}`)
    return json
  }
}
