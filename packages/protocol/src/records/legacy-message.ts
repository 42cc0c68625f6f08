import { DecodeError } from '../errors/decode-error.ts'

// A message of magic 0 or 1: offset int64, size int32, crc uint32 of all that follows, magic int8, attributes int8, timestamp int64 (magic 1
// alone), key and value with an int32 length in front.
export const OFFSET = 0
export const SIZE = 8
export const CRC = 12
export const MAGIC = 16
export const ATTRIBUTES = 17
export const TIMESTAMP = 18

/** What `SIZE` does not count: itself and the offset. */
export const LOG_OVERHEAD = 12

const NO_TIMESTAMP = -1n

/** Where the key's length begins. */
export function keyLengthAt(magic: number): number {
  return magic === 0 ? TIMESTAMP : TIMESTAMP + 8
}

/** Bytes of a message without key and value. */
export function smallestMessage(magic: number): number {
  return keyLengthAt(magic) + 8
}

/** One message, its key and value as views. */
export interface LegacyMessage {
  readonly offset: bigint
  readonly attributes: number
  readonly timestamp: bigint
  readonly key: Buffer | null
  readonly value: Buffer | null
}

/**
 * Reads the message of `size` bytes at `at`.
 * @throws DecodeError where the lengths in it do not add up to its size
 */
export function readLegacyMessage(buffer: Buffer, at: number, size: number): LegacyMessage {
  const magic = buffer.readInt8(at + MAGIC)
  const end = at + size
  let position = at + keyLengthAt(magic)
  const readBytes = () => {
    const length = position + 4 > end ? -2 : buffer.readInt32BE(position)
    position += 4
    if (length < -1 || length > end - position) {
      throw new DecodeError(`the message at byte ${at} is malformed: a key or value of ${length} bytes does not fit`, { position: at })
    }
    if (length === -1) return null
    position += length
    return buffer.subarray(position - length, position)
  }
  const key = readBytes()
  const value = readBytes()
  if (position !== end)
    throw new DecodeError(`the message at byte ${at} is malformed: ${end - position} bytes are left over`, { position: at })
  return {
    offset: buffer.readBigInt64BE(at + OFFSET),
    attributes: buffer.readInt8(at + ATTRIBUTES),
    timestamp: magic === 0 ? NO_TIMESTAMP : buffer.readBigInt64BE(at + TIMESTAMP),
    key,
    value,
  }
}

/**
 * Bytes of the message at `at` of a decompressed set.
 * @throws DecodeError where it is cut off or not of that magic
 */
export function sizeOfLegacyMessage(set: Buffer, at: number, magic: number): number {
  const available = set.length - at
  const size = available < LOG_OVERHEAD ? -1 : set.readInt32BE(at + SIZE) + LOG_OVERHEAD
  if (size < smallestMessage(magic) || size > available) {
    throw new DecodeError(`a compressed message set is malformed: a message of ${size} bytes where ${available} are left`)
  }
  const inner = set.readInt8(at + MAGIC)
  if (inner !== magic) throw new DecodeError(`a compressed message set of magic ${magic} holds a message of magic ${inner}`)
  return size
}
