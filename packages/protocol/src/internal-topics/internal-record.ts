import { DecodeError } from '../errors/decode-error.ts'
import type { OutputOf, Shape } from '../schema/field.ts'
import { expectEnd, type Message } from '../schema/message.ts'
import { Reader } from '../wire/reader.ts'

/** A kind of record that a coordinator keeps. */
export interface RecordType {
  readonly type: string
  /** What stands in front of the key. */
  readonly id: number
  readonly key: Message
  readonly value: Message
}

type ValueOf<M> = M extends Message<infer S> ? OutputOf<S> : never

/** A decoded record of this kind; of kinds, one of them. */
export type RecordOf<T extends RecordType> = T extends RecordType
  ? {
      readonly type: T['type']
      readonly key: ValueOf<T['key']>
      /** Null where what the key names was deleted. */
      readonly value: ValueOf<T['value']> | null
    }
  : never

const KEY_VERSION = 0

/**
 * Reads a record of an internal topic: the kind stands in front of the key, the version in front of the value.
 * @returns undefined for a kind that a newer Kafka may have: to be skipped
 * @throws DecodeError for bytes that hold no such record, and for a version of its value that is not known
 */
export function decodeInternalRecord<T extends RecordType>(
  types: readonly T[],
  topic: string,
  key: Uint8Array | null,
  value: Uint8Array | null,
): RecordOf<T> | undefined {
  if (key === null) throw new DecodeError(`a record of ${topic} has no key`)
  const keyReader = new Reader(key)
  const id = keyReader.int16()
  if (id < 0) throw new DecodeError(`a record of ${topic} is of kind ${id}`, { position: 0 })
  const known = types.find((type) => type.id === id)
  if (known === undefined) return undefined
  const { type, key: keyMessage, value: valueMessage } = known
  const record = {
    type,
    key: readWhole(keyMessage, keyReader, KEY_VERSION),
    value: value === null ? null : readVersioned(valueMessage, value),
  }
  return record as RecordOf<T>
}

function readVersioned<S extends Shape>(message: Message<S>, bytes: Uint8Array): OutputOf<S> {
  const reader = new Reader(bytes)
  const version = reader.int16()
  const { min, max } = message.versions
  if (version < min || version > max) {
    throw new DecodeError(`only versions ${min} to ${max} are known`, { api: message.name, version, position: 0 })
  }
  return readWhole(message, reader, version)
}

function readWhole<S extends Shape>(message: Message<S>, reader: Reader, version: number): OutputOf<S> {
  const value = message.read(reader, version)
  expectEnd(reader, message.name, version)
  return value
}
