import { decodeInternalRecord, type InternalRecord, type RecordType } from './internal-record.ts'
import { TransactionLogKey, TransactionLogValue } from './transaction-log.ts'

const types: readonly RecordType[] = [{ type: 'TransactionLog', id: 0, key: TransactionLogKey, value: TransactionLogValue }]

/** A decoded record of `__transaction_state`. */
export type TransactionRecord = InternalRecord<'TransactionLog', typeof TransactionLogKey, typeof TransactionLogValue>

/**
 * Reads a record of `__transaction_state`, in which transaction coordinators keep where each transaction stands.
 * @returns undefined for a kind that a newer Kafka may have: to be skipped
 * @throws DecodeError
 */
export function decodeTransactionRecord(key: Uint8Array | null, value: Uint8Array | null): TransactionRecord | undefined {
  return decodeInternalRecord(types, '__transaction_state', key, value) as TransactionRecord | undefined
}
