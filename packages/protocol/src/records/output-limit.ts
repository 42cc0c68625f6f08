import { constants } from 'node:buffer'
import { KafkaError } from '../errors/kafka-error.ts'

/**
 * The most bytes that may come out of a codec, as engines take it: Node's refuse infinity, and take NaN for no limit at all.
 * @throws KafkaError with `INVALID_ARGUMENT` for what is no number of bytes
 */
export function outputLimit(maxBytes: number): number {
  if (typeof maxBytes === 'number' && maxBytes >= 0) return Math.min(Math.floor(maxBytes), constants.MAX_LENGTH)
  throw new KafkaError('INVALID_ARGUMENT', `maxBytes must be a number of bytes, 0 or more, not ${String(maxBytes)}`)
}
