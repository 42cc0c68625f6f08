import { KafkaError } from '../errors/kafka-error.ts'
import type { Bytes } from './bytes.ts'
import { sizeOfVarint, writeVarint } from './varint.ts'

// Bytes or text with a varint length in front, as keys, values and headers of a record are written. Null is the length -1.

// A call into the engine costs more than so many steps of a loop.
const TEXT_BY_LOOP = 16
const BYTES_BY_LOOP = 8

/** Bytes that `length` bytes take with the length in front; -1 is null. */
export function sizeOfVarbytes(length: number): number {
  return length < 0 ? 1 : sizeOfVarint(length) + length
}

/**
 * Bytes of `value` itself if all text is ASCII, -1 for null.
 * @throws KafkaError with `INVALID_ARGUMENT` for what cannot be written
 */
export function leastLengthOf(value: Bytes | null | undefined): number {
  if (typeof value === 'string' || value instanceof Uint8Array) return value.length
  if (value === null || value === undefined) return -1
  throw new KafkaError('INVALID_ARGUMENT', `keys, values and headers must be strings, Uint8Arrays or null, not ${typeof value}`)
}

/** Bytes of `value` itself, -1 for null. */
export function byteLengthOf(value: Bytes | null | undefined): number {
  return typeof value === 'string' ? Buffer.byteLength(value) : leastLengthOf(value)
}

/** Writes `value` and returns the position behind it. The room for it must be there. */
export function writeVarbytes(buffer: Buffer, at: number, value: Bytes | null | undefined): number {
  if (typeof value === 'string') return writeText(buffer, at, value)
  if (value === null || value === undefined) {
    buffer[at] = 1
    return at + 1
  }
  const length = value.length
  const start = writeVarint(buffer, at, length)
  if (length > BYTES_BY_LOOP) buffer.set(value, start)
  else for (let i = 0; i < length; i++) buffer[start + i] = value[i]!
  return start + length
}

// The text is written where it belongs if all of it is ASCII, and moved where its length turned out to need one byte more: measuring first
// would cost as much as writing.
function writeText(buffer: Buffer, at: number, text: string): number {
  const guess = text.length
  const start = at + sizeOfVarint(guess)
  const length = guess > TEXT_BY_LOOP ? buffer.write(text, start) : writeShortText(buffer, start, text)
  if (length === guess) {
    writeVarint(buffer, at, length)
    return start + length
  }
  const moved = at + sizeOfVarint(length)
  if (moved !== start) buffer.copyWithin(moved, start, start + length)
  writeVarint(buffer, at, length)
  return moved + length
}

function writeShortText(buffer: Buffer, at: number, text: string): number {
  const length = text.length
  for (let i = 0; i < length; i++) {
    const unit = text.charCodeAt(i)
    if (unit > 127) return buffer.write(text, at)
    buffer[at + i] = unit
  }
  return length
}
