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
export function checkObject(record: unknown, what = 'a record'): void {
  if (typeof record !== 'object' || record === null) throw invalid(NOWHERE, `${what} must be an object`, record)
}

/** @throws ProduceError INVALID_ARGUMENT for what is no topic or no partition */
export function checkTarget({ topic, partition }: Whereabouts): void {
  if (typeof topic !== 'string' || topic === '') throw invalid(NOWHERE, 'topic must be a non-empty string', topic)
  if (partition !== undefined && !(Number.isInteger(partition) && partition >= 0)) {
    throw invalid({ topic }, 'partition must be an integer of at least 0, or undefined', partition)
  }
}

/** @throws ProduceError INVALID_ARGUMENT for what no serializer could make right */
export function checkContents(record: AnyRecord): void {
  const { timestamp } = record
  if (timestamp !== undefined) {
    const ms = timestamp instanceof Date ? timestamp.getTime() : timestamp
    if (!(Number.isSafeInteger(ms) && ms >= 0)) throw invalid(record, 'timestamp must be a date or whole milliseconds since the epoch', ms)
  }
  if (record.value === undefined) throw invalid(record, 'a record needs a value (null is a tombstone)', undefined)
}

/** @throws ProduceError INVALID_ARGUMENT where what goes to the broker is neither text nor bytes */
export function checkBytes(record: AnyRecord, key: unknown, value: unknown): void {
  if (!isBytes(key)) throw notBytes(record, 'key', key)
  if (!isBytes(value)) throw notBytes(record, 'value', value)
  if (value === null && key === null) throw invalid(record, 'a tombstone needs a key', key)
}

/** The timestamp of a record as a number; undefined for "now". */
export function timestampOf({ timestamp }: Pick<AnyRecord, 'timestamp'>): number | undefined {
  return typeof timestamp === 'object' ? timestamp.getTime() : timestamp
}

/**
 * The headers of a record as what can be read more than once.
 * @throws ProduceError INVALID_ARGUMENT for what is not a header
 */
export function headersOf(record: AnyRecord): Headers | undefined {
  const { headers } = record
  if (headers === undefined) return undefined
  const what = 'headers must be { name: value } or [name, value] pairs'
  if (typeof headers !== 'object' || headers === null) throw invalid(record, what, headers)
  const given: Iterable<unknown> = Symbol.iterator in headers ? headers : Object.entries(headers)
  const pairs = Array.isArray(given) ? given : [...given]
  for (const pair of pairs) {
    if (!Array.isArray(pair) || typeof pair[0] !== 'string') throw invalid(record, what, pair)
    if (!isBytes(pair[1])) throw invalid(record, `header ${pair[0]} must be a string, a Uint8Array or null`, pair[1])
  }
  return pairs
}

const NOWHERE: Whereabouts = { topic: '' }

function isBytes(value: unknown): boolean {
  return typeof value === 'string' || value === null || value instanceof Uint8Array
}

function notBytes(record: AnyRecord, part: 'key' | 'value', wrong: unknown): ProduceError {
  const isGiven = record[part] === wrong
  const what = `${part}${isGiven ? ' must be' : 'Serializer must answer with'} a string, a Uint8Array or null`
  return invalid(record, isGiven ? `${what} (else give the producer a ${part}Serializer)` : what, wrong)
}

function invalid(where: Whereabouts, what: string, wrong: unknown): ProduceError {
  // A string in place of a record may be anything, a secret too.
  const shown = typeof wrong === 'string' && wrong !== '' ? 'a string' : shownAs(wrong)
  return produceError({ code: 'INVALID_ARGUMENT', message: `${what}, not ${shown}` }, where)
}
