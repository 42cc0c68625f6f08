import { KafkaError } from '../errors/kafka-error.ts'
import { isInt64 } from '../wire/int64.ts'

/**
 * `timestamp` minus `base`: a number where it fits int32, else a bigint that wraps as Java's long does.
 * @throws KafkaError with `INVALID_ARGUMENT` unless `timestamp` is a whole number that fits int64
 */
export function timestampDelta(timestamp: number | bigint, base: number | bigint): number | bigint {
  if (Number.isSafeInteger(timestamp) && typeof base === 'number') {
    const delta = (timestamp as number) - base
    if ((delta | 0) === delta) return delta
  }
  return BigInt.asIntN(64, int64(timestamp) - BigInt(base))
}

function int64(timestamp: number | bigint): bigint {
  const whole = Number.isInteger(timestamp) ? BigInt(timestamp) : timestamp
  if (isInt64(whole)) return whole
  throw new KafkaError('INVALID_ARGUMENT', `a record's timestamp must be a whole number of milliseconds, not ${timestamp}`)
}
