// Sequence numbers of an idempotent producer count from 0 to 2147483647 and then from 0 again.
const MAX_SEQUENCE = 0x7fffffff

/** The sequence number `by` records after `sequence`. */
export function incrementSequence(sequence: number, by: number): number {
  return sequence > MAX_SEQUENCE - by ? by - (MAX_SEQUENCE - sequence) - 1 : sequence + by
}

/** The sequence number `by` records before `sequence`. */
export function decrementSequence(sequence: number, by: number): number {
  return sequence < by ? MAX_SEQUENCE - (by - sequence) + 1 : sequence - by
}
