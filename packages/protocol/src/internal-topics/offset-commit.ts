import { string } from '../schema/blobs.ts'
import { message } from '../schema/message.ts'
import { int32, int64, uuid } from '../schema/scalars.ts'

/** Of which group and partition a committed offset is. */
export const OffsetCommitKey = message('OffsetCommitKey', { versions: [0, 0] }, () => ({
  group: string,
  topic: string,
  partition: int32,
}))

/** An offset that a group has committed: where it goes on reading. */
export const OffsetCommitValue = message('OffsetCommitValue', { versions: [0, 4], flexible: 4 }, () => ({
  offset: int64,
  /** The epoch of the leader that appended the last record read; -1: unknown. */
  leaderEpoch: int32.since(3).default(-1).ignorable(),
  metadata: string,
  /** Milliseconds since the epoch. */
  commitTimestamp: int64,
  /** Milliseconds since the epoch; -1: when the broker's retention of offsets says so. */
  expireTimestamp: int64.since(1).until(1).default(-1n).ignorable(),
  topicId: uuid.since(4).tagged(0).ignorable(),
}))
