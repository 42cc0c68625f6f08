import { string } from '../schema/blobs.ts'
import { message } from '../schema/message.ts'
import { int32, int64 } from '../schema/scalars.ts'

/** Of which group and partition a committed offset is, in the form that Kafka began with. */
export const LegacyOffsetCommitKey = message('LegacyOffsetCommitKey', { versions: [0, 0] }, () => ({
  group: string,
  topic: string,
  partition: int32,
}))

/** An offset that a group has committed, in the form that Kafka began with. */
export const LegacyOffsetCommitValue = message('LegacyOffsetCommitValue', { versions: [0, 0] }, () => ({
  offset: int64,
  metadata: string,
  /** Milliseconds since the epoch. */
  commitTimestamp: int64,
}))
