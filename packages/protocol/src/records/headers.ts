import { KafkaError } from '../errors/kafka-error.ts'
import { Reader } from '../wire/reader.ts'
import type { Bytes } from './bytes.ts'
import { type leastLengthOf, sizeOfVarbytes, writeVarbytes } from './varbytes.ts'
import { sizeOfVarint, writeVarint } from './varint.ts'

/** Headers as they are handed in: `{ name: value }`, or `[name, value]` pairs, which keep their order and may repeat a name. */
export type Headers = Readonly<Record<string, Bytes | null>> | Iterable<readonly [string, Bytes | null]>

/** Headers as what the functions of this file take. */
export type HeaderPairs = readonly (readonly [string, Bytes | null])[]

const NONE: HeaderPairs = []

/**
 * `headers` as pairs; an array of pairs is returned as it is.
 * @throws KafkaError with `INVALID_ARGUMENT` for what is no object
 */
export function headerPairs(headers: Headers | null | undefined): HeaderPairs {
  if (headers === undefined || headers === null) return NONE
  if (typeof headers !== 'object') throw noHeaders()
  if (Array.isArray(headers)) return headers
  return Symbol.iterator in headers ? Array.from(headers as Iterable<readonly [string, Bytes | null]>) : Object.entries(headers)
}

/**
 * Bytes that `pairs` and their count take, by what `lengthOf` says of text and bytes.
 * @throws KafkaError with `INVALID_ARGUMENT` where they are no pairs
 */
export function sizeOfHeaders(pairs: HeaderPairs, lengthOf: typeof leastLengthOf): number {
  let size = sizeOfVarint(pairs.length)
  for (const pair of pairs) {
    if (!Array.isArray(pair) || pair.length !== 2 || typeof pair[0] !== 'string') throw noHeaders()
    size += sizeOfVarbytes(lengthOf(pair[0])) + sizeOfVarbytes(lengthOf(pair[1]))
  }
  return size
}

const noHeaders = () => new KafkaError('INVALID_ARGUMENT', "a record's headers must be an object, or pairs of a name and a value")

/** Writes the count and the pairs, and returns the position behind them. */
export function writeHeaders(buffer: Buffer, at: number, pairs: HeaderPairs): number {
  let position = writeVarint(buffer, at, pairs.length)
  for (const [name, value] of pairs) position = writeVarbytes(buffer, writeVarbytes(buffer, position, name), value)
  return position
}

/**
 * The headers of a record that a `RecordReader` has moved to, values as views. A new array each time.
 * @param at - the reader's `headersStart`
 */
export function readHeaders(buffer: Buffer, at: number): [name: string, value: Buffer | null][] {
  const reader = new Reader(buffer, at)
  const headers: [string, Buffer | null][] = []
  for (let left = reader.varint(); left > 0; left--) {
    const name = reader.string(reader.varint())
    const length = reader.varint()
    headers.push([name, length < 0 ? null : reader.bytes(length)])
  }
  return headers
}
