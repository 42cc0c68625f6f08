import { KafkaError } from '../errors/kafka-error.ts'

/** The int64 at `at` as a number: exact up to 2^53 - 1, rounded beyond. */
export function readInt64(buffer: Buffer, at: number): number {
  return buffer.readInt32BE(at) * 0x100000000 + buffer.readUInt32BE(at + 4)
}

/**
 * `offset`, if a number holds it exactly.
 * @throws KafkaError with `OFFSET_TOO_LARGE`
 */
export function safeOffset(offset: number): number {
  if (offset <= Number.MAX_SAFE_INTEGER) return offset
  throw new KafkaError('OFFSET_TOO_LARGE', `offset ${offset} is beyond 2^53 - 1: read it as a bigint`)
}
