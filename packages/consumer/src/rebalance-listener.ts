import type { TopicPartition } from './topic-partition.ts'

/**
 * Hears which partitions come and go. Called one at a time and awaited, up to `maxPollIntervalMs`. Inside, `commit`, `position`, `seek`, `pause`
 * and `committed` work; reading, `subscribe`, `unsubscribe` and `close` would wait for the listener itself and reject with `CALLED_IN_LISTENER`.
 * One that throws rejects the current read with `LISTENER_FAILED`. Not called for `assign()`.
 */
export interface RebalanceListener {
  /** These are ours now, and nothing of them has been fetched: a `seek` here is exact. */
  onPartitionsAssigned?(partitions: readonly TopicPartition[]): unknown
  /** These are about to go; nothing more of them is handed out. What was processed is committed before, and again after where this call finishes more. */
  onPartitionsRevoked?(partitions: readonly TopicPartition[]): unknown
  /** These are gone already, others may read them: nothing can be committed. @default onPartitionsRevoked */
  onPartitionsLost?(partitions: readonly TopicPartition[]): unknown
}
