import { array } from '../schema/array.ts'
import { bytes, string } from '../schema/blobs.ts'
import { message } from '../schema/message.ts'
import { int32, int64 } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** Which classic group is described. */
export const GroupMetadataKey = message('GroupMetadataKey', { versions: [0, 0] }, () => ({ group: string }))

/** A classic group after a rebalance: its generation, and what each member has. */
export const GroupMetadataValue = message('GroupMetadataValue', { versions: [0, 4], flexible: 4 }, () => ({
  /** `consumer` for groups of consumers; empty for a group that only keeps offsets. */
  protocolType: string,
  generation: int32,
  /** The assignor that was agreed on, such as `range`. */
  protocol: string.nullable(),
  /** The member that computed the assignment. */
  leader: string.nullable(),
  /** Milliseconds since the epoch. */
  currentStateTimestamp: int64.since(2).default(-1n).ignorable(),
  members: array(
    struct({
      memberId: string,
      groupInstanceId: string.since(3).nullable(3).default(null).ignorable(),
      clientId: string,
      clientHost: string,
      /** Milliseconds. */
      rebalanceTimeout: int32.since(1).default(-1).ignorable(),
      /** Milliseconds. */
      sessionTimeout: int32,
      /** Of consumers: what `decodeSubscription` reads. */
      subscription: bytes,
      /** Of consumers: what `decodeAssignment` reads; no bytes where there is none. */
      assignment: bytes,
    }),
  ),
}))
