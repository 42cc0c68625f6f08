import { KafkaError } from '../errors/kafka-error.ts'
import { isInt64 } from '../wire/int64.ts'

/** What a batch says besides its records. */
export interface BatchFields {
  /** Default: 0, as a producer sends it; the broker sets it. */
  readonly baseOffset?: number | bigint
  /** Default: -1, as a producer sends it. */
  readonly partitionLeaderEpoch?: number
  /** Default: -1, not idempotent. */
  readonly producerId?: bigint
  /** Default: -1. */
  readonly producerEpoch?: number
  /** The sequence number of the first record. Default: -1. */
  readonly baseSequence?: number
  /** Whether the records are of a transaction, not to be read as committed before its marker. Default: false. */
  readonly isTransactional?: boolean
  /** Whether the records are control records (transaction markers and the like): only brokers write them. Default: false. */
  readonly isControl?: boolean
}

/**
 * Holds fields to what their place in a batch can say: Node's writers would write some number for NaN, a fraction or text.
 * @throws KafkaError with `INVALID_ARGUMENT`
 */
export function checkBatchFields({ baseOffset = 0, partitionLeaderEpoch, producerId, producerEpoch, baseSequence }: BatchFields): void {
  if (!(Number.isSafeInteger(baseOffset) || isInt64(baseOffset)) || baseOffset < 0) refuse('baseOffset', 'an offset', baseOffset)
  if (producerId !== undefined && !isInt64(producerId)) refuse('producerId', 'a bigint of 64 bits', producerId)
  expectInteger('partitionLeaderEpoch', partitionLeaderEpoch, 32)
  expectInteger('producerEpoch', producerEpoch, 16)
  expectInteger('baseSequence', baseSequence, 32)
}

function expectInteger(name: string, value: number | undefined, bits: number): void {
  const unused = 32 - bits
  if (value !== undefined && (value << unused) >> unused !== value) refuse(name, `a whole number of ${bits} bits`, value)
}

function refuse(name: string, what: string, value: unknown): never {
  throw new KafkaError('INVALID_ARGUMENT', `${name} of a record batch must be ${what}, not ${String(value)}`)
}
