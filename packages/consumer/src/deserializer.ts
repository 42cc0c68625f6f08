import type { MaybePromise } from '@k/network'
import { ConfigError } from '@k/protocol'
import type { RecordHeaders } from './record-headers.ts'

/** What a deserializer is told besides the bytes. */
export interface DeserializerContext {
  /** Of the record. */
  readonly topic: string
  /** Of the record. */
  readonly headers: RecordHeaders
}

/**
 * Turns the bytes of a key or a value into what the program works with. Called before the record is handed out; promises of one batch are awaited
 * together. Never called for null. When it throws, the read rejects with a `DeserializationError`.
 */
export type Deserialize<T> = (bytes: Buffer, context: DeserializerContext) => MaybePromise<T>

/** A function, or an object that holds one and is closed with the consumer. */
export type Deserializer<T> = Deserialize<T> | { readonly deserialize: Deserialize<T>; close?(): MaybePromise<void> }

/** Bytes as UTF-8 text. */
export function stringDeserializer(): Deserialize<string> {
  return (bytes) => bytes.toString('utf8')
}

/**
 * Bytes as JSON.
 * @typeParam T - what the JSON is trusted to be; nothing checks it
 */
export function jsonDeserializer<T = unknown>(): Deserialize<T> {
  return (bytes) => JSON.parse(bytes.toString('utf8')) as T
}

/** The function of a deserializer. @throws ConfigError */
export function deserializeFunction<T>(option: string, deserializer: Deserializer<T> | undefined): Deserialize<T> | undefined {
  if (deserializer === undefined || typeof deserializer === 'function') return deserializer
  if (typeof deserializer === 'object' && typeof deserializer?.deserialize === 'function') {
    return (bytes, context) => deserializer.deserialize(bytes, context)
  }
  throw new ConfigError(option, 'must be a function (bytes, { topic, headers }) => value, or an object with deserialize()')
}
