import { decodeInternalRecord, type RecordOf } from './internal-record.ts'
import { TransactionLogKey, TransactionLogValue } from './transaction-log.ts'

const types = [{ type: 'TransactionLog', id: 0, key: TransactionLogKey, value: TransactionLogValue }] as const

/** A decoded record of `__transaction_state`: its `type` is Kafka's name of it, without `Key`. */
export type TransactionRecord = RecordOf<(typeof types)[number]>

/**
 * Reads a record of `__transaction_state`, in which transaction coordinators keep where each transaction stands.
 * @returns undefined for a kind that a newer Kafka may have: to be skipped
 * @throws DecodeError
 */
export function decodeTransactionRecord(key: Uint8Array | null, value: Uint8Array | null): TransactionRecord | undefined {
  return decodeInternalRecord(types, '__transaction_state', key, value)
}
