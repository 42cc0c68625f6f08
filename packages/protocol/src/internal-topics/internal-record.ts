import { DecodeError } from '../errors/decode-error.ts'
import type { OutputOf, Shape } from '../schema/field.ts'
import type { Message } from '../schema/message.ts'
import { Reader } from '../wire/reader.ts'

/** A kind of record that a coordinator keeps. */
export interface RecordType {
  readonly type: string
  /** What stands in front of the key. */
  readonly id: number
  readonly key: Message
  readonly value: Message
}

// Without constraints: to hold forty shapes to them costs whoever compiles against this package more than all APIs do.
/** What decoding a message gives, by the type of the message. */
export type DecodedOf<M> = M extends { readonly shape: infer S }
  ? { readonly [F in keyof S]: S[F] extends { readonly out: infer O } ? O : never }
  : never

/** A decoded record of one kind. */
export interface InternalRecord<N, K, V> {
  /** Kafka's name of its key, without `Key`. */
  readonly type: N
  /** What the record is about. */
  readonly key: DecodedOf<K>
  /** Null where what the key names was deleted. */
  readonly value: DecodedOf<V> | null
}

const KEY_VERSION = 0

/**
 * Reads a record of an internal topic: the kind stands in front of the key, the version in front of the value.
 * @returns undefined for a kind that a newer Kafka may have: to be skipped
 * @throws DecodeError for bytes that hold no such record, and for a version of its value that is not known
 */
export function decodeInternalRecord(
  types: readonly RecordType[],
  topic: string,
  key: Uint8Array | null,
  value: Uint8Array | null,
): InternalRecord<string, Message, Message> | undefined {
  if (key === null) throw new DecodeError(`a record of ${topic} has no key`)
  const keyReader = new Reader(key)
  const id = keyReader.int16()
  if (id < 0) throw new DecodeError(`a record of ${topic} is of kind ${id}`, { position: 0 })
  const known = types.find((type) => type.id === id)
  if (known === undefined) return undefined
  const { type, key: keyMessage, value: valueMessage } = known
  const decodedKey = keyMessage.read(keyReader, KEY_VERSION, true)
  return { type, key: decodedKey, value: value === null ? null : readVersioned(valueMessage, value) }
}

function readVersioned<S extends Shape>(message: Message<S>, bytes: Uint8Array): OutputOf<S> {
  const reader = new Reader(bytes)
  const version = reader.int16()
  const { min, max } = message.versions
  if (version < min || version > max) {
    throw new DecodeError(`only versions ${min} to ${max} are known`, { api: message.name, version, position: 0 })
  }
  return message.read(reader, version, true)
}
