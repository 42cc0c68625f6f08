import type { Bytes, Headers } from '@k/protocol'
import { ProduceError } from './errors.ts'

/** A record to be written. The producer never changes it. */
export interface ProducerRecord<K = Bytes, V = Bytes> {
  readonly topic: string
  /** Records with the same key go to the same partition. Absent or null: none. */
  readonly key?: K | null | undefined
  /** Null is a tombstone: it deletes the key in a compacted topic, and needs one. */
  readonly value: V | null
  /** Goes exactly there, whatever the partitioner would say. */
  readonly partition?: number | undefined
  /** Milliseconds since the epoch, or a date. Default: now. */
  readonly timestamp?: number | Date | undefined
  /** `{ name: value }`, or `[name, value][]` where order and repeated names matter. */
  readonly headers?: Headers | undefined
}

/** @throws ProduceError INVALID_ARGUMENT for what no serializer, partition or broker could make right */
export function checkRecord(record: ProducerRecord<unknown, unknown>): void {
  checkObject(record)
  const { topic, partition, timestamp } = record
  if (typeof topic !== 'string' || topic === '') throw invalid('', undefined, `topic must be a non-empty string, not ${nameOf(topic)}`)
  if (partition !== undefined && !(Number.isInteger(partition) && partition >= 0)) {
    throw invalid(
      topic,
      undefined,
      `partition must be an integer of at least 0, not ${String(partition)}; leave it out to let the partitioner choose`,
    )
  }
  checkContents(topic, partition, timestamp, record.key, record.value)
}

/** @throws ProduceError INVALID_ARGUMENT for what is not even the beginning of a record */
export function checkObject(record: unknown): void {
  if (typeof record !== 'object' || record === null) throw invalid('', undefined, `a record must be an object, not ${nameOf(record)}`)
}

/** @throws ProduceError INVALID_ARGUMENT for what is wrong with a record wherever it goes */
export function checkContents(topic: string, partition: number | undefined, timestamp: unknown, key: unknown, value: unknown): void {
  if (timestamp !== undefined) checkTimestamp(topic, timestamp)
  if (value === undefined) throw invalid(topic, partition, 'a record needs a value; null is a tombstone, undefined is a mistake')
  if (value === null) checkTombstone(topic, partition, key)
}

/** @throws ProduceError INVALID_ARGUMENT where a batch is not sent to one partition of a topic */
export function checkTarget(target: { readonly topic: string; readonly partition: number }): void {
  if (typeof target !== 'object' || target === null) throw invalid('', undefined, 'a batch is sent to { topic, partition }')
  const { topic, partition } = target
  if (typeof topic !== 'string' || topic === '') throw invalid('', undefined, `topic must be a non-empty string, not ${nameOf(topic)}`)
  if (Number.isInteger(partition) && partition >= 0) return
  throw invalid(topic, undefined, `a batch needs a partition, an integer of at least 0, not ${String(partition)}`)
}

/** @throws ProduceError where what goes to the broker is neither text nor bytes */
export function checkBytes(record: ProducerRecord<unknown, unknown>, key: unknown, value: unknown): void {
  if (!isBytes(key)) throw notBytes(record, 'key', key)
  if (!isBytes(value)) throw notBytes(record, 'value', value)
  if (value === null) checkTombstone(record.topic, record.partition, key)
}

/** The timestamp of a record as a number; undefined for "now". */
export function timestampOf(record: ProducerRecord<unknown, unknown>): number | undefined {
  const { timestamp } = record
  return typeof timestamp === 'object' ? timestamp.getTime() : timestamp
}

/**
 * The headers of a record as what can be read more than once.
 * @throws ProduceError INVALID_ARGUMENT for what is not a header
 */
export function headersOf(record: ProducerRecord<unknown, unknown>): Headers | undefined {
  const { topic, headers } = record
  if (headers === undefined) return undefined
  if (typeof headers !== 'object' || headers === null) {
    throw invalid(topic, undefined, `headers must be { name: value } or [name, value] pairs, not ${nameOf(headers)}`)
  }
  const given: Iterable<unknown> = Symbol.iterator in headers ? headers : Object.entries(headers)
  const pairs = Array.isArray(given) ? given : Array.from(given)
  for (const pair of pairs) checkHeader(topic, pair)
  return pairs
}

function checkHeader(topic: string, pair: unknown): void {
  if (!Array.isArray(pair) || typeof pair[0] !== 'string') {
    throw invalid(topic, undefined, 'headers must be { name: value } or [name, value] pairs')
  }
  if (!isBytes(pair[1])) {
    throw invalid(topic, undefined, `header ${pair[0]} must be a string, a Uint8Array or null, not ${nameOf(pair[1])}`)
  }
}

function checkTombstone(topic: string, partition: number | undefined, key: unknown): void {
  if (key === null || key === undefined) {
    throw invalid(topic, partition, 'a record whose value is null (a tombstone) needs a key: it deletes the records of that key')
  }
}

function checkTimestamp(topic: string, timestamp: unknown): void {
  const ms = timestamp instanceof Date ? timestamp.getTime() : timestamp
  if (!Number.isSafeInteger(ms) || (ms as number) < 0) {
    throw invalid(topic, undefined, `timestamp must be a date or whole milliseconds since the epoch, not ${String(ms)}`)
  }
}

function isBytes(value: unknown): boolean {
  return typeof value === 'string' || value === null || value instanceof Uint8Array
}

function notBytes(record: ProducerRecord<unknown, unknown>, part: 'key' | 'value', given: unknown): ProduceError {
  const { topic, partition } = record
  const what =
    record[part] === given
      ? `${part} must be a string or a Uint8Array, not ${nameOf(given)}: give the producer a ${part}Serializer`
      : `${part}Serializer must answer with a string, a Uint8Array or null, not ${nameOf(given)}`
  return invalid(topic, partition, what)
}

function invalid(topic: string, partition: number | undefined, what: string): ProduceError {
  const where = topic === '' ? '' : ` to ${topic}`
  return new ProduceError('INVALID_ARGUMENT', `cannot send${where}: ${what}`, { topic, partition, maybeWritten: false })
}

function nameOf(value: unknown): string {
  if (value === null) return 'null'
  if (value === undefined) return 'undefined'
  if (typeof value === 'string') return value === '' ? 'an empty string' : 'a string'
  if (typeof value !== 'object') return `${typeof value} ${String(value)}`
  return `an object of ${value.constructor?.name ?? 'no class'}`
}
