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

const isInt16 = (value: unknown) => ((value as number) << 16) >> 16 === value
const isInt32 = (value: unknown) => ((value as number) | 0) === value
const isOffset = (value: unknown) => (Number.isSafeInteger(value) || isInt64(value)) && (value as number | bigint) >= 0

/**
 * Holds fields to what their place in a batch can say: Node's writers would write some number for NaN, a fraction or text.
 * @throws KafkaError with `INVALID_ARGUMENT`
 */
export function checkBatchFields(fields: BatchFields): void {
  check('baseOffset', fields.baseOffset, isOffset)
  check('partitionLeaderEpoch', fields.partitionLeaderEpoch, isInt32)
  check('producerId', fields.producerId, isInt64)
  check('producerEpoch', fields.producerEpoch, isInt16)
  check('baseSequence', fields.baseSequence, isInt32)
}

function check(name: string, value: unknown, fits: (value: unknown) => boolean): void {
  if (value === undefined || fits(value)) return
  throw new KafkaError('INVALID_ARGUMENT', `a record batch has no place for the ${name} ${String(value)}`)
}
