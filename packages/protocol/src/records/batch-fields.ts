import { KafkaError } from '../errors/kafka-error.ts'
import { isInt64 } from '../wire/int64.ts'
import * as layout from './batch-layout.ts'

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

// Those that are numbers, with their size in bytes and their place.
const NUMBERS = [
  ['partitionLeaderEpoch', 4, layout.PARTITION_LEADER_EPOCH],
  ['producerEpoch', 2, layout.PRODUCER_EPOCH],
  ['baseSequence', 4, layout.BASE_SEQUENCE],
] as const

/**
 * Holds fields to what their place in a batch can say: Node's writers would write some number for NaN, a fraction or text.
 * @throws KafkaError with `INVALID_ARGUMENT`
 */
export function checkBatchFields(fields: BatchFields): void {
  const { baseOffset = 0, producerId = -1n } = fields
  const offset = Number.isSafeInteger(baseOffset) ? BigInt(baseOffset) : baseOffset
  if (!isInt64(offset) || offset < 0n) refuse('baseOffset', 'an offset, a bigint beyond 2^53 - 1', baseOffset)
  if (!isInt64(producerId)) refuse('producerId', 'a bigint of 64 bits', producerId)
  for (const [name, size] of NUMBERS) {
    const { [name]: value = -1 } = fields
    const unused = 32 - 8 * size
    if ((value << unused) >> unused !== value) refuse(name, `a whole number of ${8 * size} bits`, value)
  }
}

/** Writes checked fields into the header of a batch. */
export function writeBatchFields(batch: Buffer, fields: BatchFields): void {
  batch.writeBigInt64BE(BigInt(fields.baseOffset ?? 0), layout.BASE_OFFSET)
  batch.writeBigInt64BE(fields.producerId ?? -1n, layout.PRODUCER_ID)
  for (const [name, size, at] of NUMBERS) batch.writeIntBE(fields[name] ?? -1, at, size)
}

function refuse(name: string, what: string, value: unknown): never {
  throw new KafkaError('INVALID_ARGUMENT', `${name} of a record batch must be ${what}, not ${String(value)}`)
}
