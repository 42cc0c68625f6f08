import { given as shownAs } from '@k/network'
import type { Bytes, Headers } from '@k/protocol'
import { type ProduceError, produceError, type Whereabouts } from './errors.ts'

/** A record to be written. The producer never changes it. */
export interface ProducerRecord<K = Bytes, V = Bytes> {
  /** Where it goes. */
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

type AnyRecord = ProducerRecord<unknown, unknown>

/** @throws ProduceError INVALID_ARGUMENT for what is not even the beginning of a record */
export function checkObject(record: unknown): void {
  if (typeof record !== 'object' || record === null) throw invalid('a record must be an object', record)
}

/** @throws ProduceError INVALID_ARGUMENT for what is no topic or no partition */
export function checkTarget({ topic, partition }: Whereabouts, needsPartition = false): void {
  if (typeof topic !== 'string' || topic === '') throw invalid('topic must be a non-empty string', topic)
  if ((partition !== undefined || needsPartition) && !isWhole(partition)) {
    throw invalid('partition must be an integer of at least 0', partition, { topic })
  }
}

/** @throws ProduceError INVALID_ARGUMENT for what is no time */
export function checkTime(record: AnyRecord): void {
  const ms = timestampOf(record)
  if (ms !== undefined && !isWhole(ms)) throw invalid('timestamp must be a Date or whole milliseconds', ms, record)
}

/** @throws ProduceError INVALID_ARGUMENT where what goes to the broker is neither text nor bytes */
export function checkBytes(record: AnyRecord, key: unknown, value: unknown): void {
  if (!isBytes(key)) throw notBytes(record, 'key', key)
  if (!isBytes(value)) throw notBytes(record, 'value', value)
  if (value === null && key === null) throw invalid('a tombstone needs a key', key, record)
}

/** The timestamp of a record as a number; undefined for "now". */
export function timestampOf({ timestamp }: Pick<AnyRecord, 'timestamp'>): number | undefined {
  return timestamp instanceof Date ? timestamp.getTime() : timestamp
}

/**
 * The headers of a record as what can be read more than once.
 * @throws ProduceError INVALID_ARGUMENT for what is not a header
 */
export function headersOf(record: AnyRecord): Headers | undefined {
  const { headers } = record
  if (headers === undefined) return undefined
  const what = 'headers must be { name: value } or [name, value] pairs'
  if (typeof headers !== 'object' || headers === null) throw invalid(what, headers, record)
  const given: Iterable<unknown> = Symbol.iterator in headers ? headers : Object.entries(headers)
  const pairs = Array.isArray(given) ? given : [...given]
  for (const pair of pairs) {
    if (!Array.isArray(pair) || pair.length !== 2 || typeof pair[0] !== 'string') throw invalid(what, pair, record)
    if (!isBytes(pair[1])) throw invalid(`header ${pair[0]}${IS_NO_BYTES}`, pair[1], record)
  }
  return pairs
}

const IS_NO_BYTES = ' must be a string, a Uint8Array or null'

function isBytes(value: unknown): boolean {
  return typeof value === 'string' || value === null || value instanceof Uint8Array
}

function isWhole(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function notBytes(record: AnyRecord, part: 'key' | 'value', wrong: unknown): ProduceError {
  if (record[part] !== wrong) return invalid(`what ${part}Serializer answers${IS_NO_BYTES}`, wrong, record)
  return invalid(`${part}${IS_NO_BYTES} (else give the producer a ${part}Serializer)`, wrong, record)
}

function invalid(what: string, wrong: unknown, where: Partial<Whereabouts> = {}): ProduceError {
  // A string in place of a record may be anything, a secret too.
  const shown = wrong && typeof wrong === 'string' ? 'a string' : shownAs(wrong)
  return produceError({ code: 'INVALID_ARGUMENT', message: `${what}, not ${shown}` }, where)
}
