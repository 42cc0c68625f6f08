import {
  ConsumerGroupCurrentMemberAssignmentKey,
  ConsumerGroupCurrentMemberAssignmentValue,
} from './consumer-group-current-member-assignment.ts'
import { ConsumerGroupMemberMetadataKey, ConsumerGroupMemberMetadataValue } from './consumer-group-member-metadata.ts'
import { ConsumerGroupMetadataKey, ConsumerGroupMetadataValue } from './consumer-group-metadata.ts'
import { ConsumerGroupPartitionMetadataKey, ConsumerGroupPartitionMetadataValue } from './consumer-group-partition-metadata.ts'
import { ConsumerGroupRegularExpressionKey, ConsumerGroupRegularExpressionValue } from './consumer-group-regular-expression.ts'
import {
  ConsumerGroupTargetAssignmentMemberKey,
  ConsumerGroupTargetAssignmentMemberValue,
} from './consumer-group-target-assignment-member.ts'
import {
  ConsumerGroupTargetAssignmentMetadataKey,
  ConsumerGroupTargetAssignmentMetadataValue,
} from './consumer-group-target-assignment-metadata.ts'
import { GroupMetadataKey, GroupMetadataValue } from './group-metadata.ts'
import { decodeInternalRecord, type InternalRecord, type RecordType } from './internal-record.ts'
import { LegacyOffsetCommitKey, LegacyOffsetCommitValue } from './legacy-offset-commit.ts'
import { OffsetCommitKey, OffsetCommitValue } from './offset-commit.ts'
import { ShareGroupCurrentMemberAssignmentKey, ShareGroupCurrentMemberAssignmentValue } from './share-group-current-member-assignment.ts'
import { ShareGroupMemberMetadataKey, ShareGroupMemberMetadataValue } from './share-group-member-metadata.ts'
import { ShareGroupMetadataKey, ShareGroupMetadataValue } from './share-group-metadata.ts'
import { ShareGroupStatePartitionMetadataKey, ShareGroupStatePartitionMetadataValue } from './share-group-state-partition-metadata.ts'
import { ShareGroupTargetAssignmentMemberKey, ShareGroupTargetAssignmentMemberValue } from './share-group-target-assignment-member.ts'
import { ShareGroupTargetAssignmentMetadataKey, ShareGroupTargetAssignmentMetadataValue } from './share-group-target-assignment-metadata.ts'
import {
  StreamsGroupCurrentMemberAssignmentKey,
  StreamsGroupCurrentMemberAssignmentValue,
} from './streams-group-current-member-assignment.ts'
import { StreamsGroupMemberMetadataKey, StreamsGroupMemberMetadataValue } from './streams-group-member-metadata.ts'
import { StreamsGroupMetadataKey, StreamsGroupMetadataValue } from './streams-group-metadata.ts'
import { StreamsGroupTargetAssignmentMemberKey, StreamsGroupTargetAssignmentMemberValue } from './streams-group-target-assignment-member.ts'
import {
  StreamsGroupTargetAssignmentMetadataKey,
  StreamsGroupTargetAssignmentMetadataValue,
} from './streams-group-target-assignment-metadata.ts'
import { StreamsGroupTopologyKey, StreamsGroupTopologyValue } from './streams-group-topology.ts'

// 9 was of share groups, in Kafka 4.0 alone; there is no 18.
const types: readonly RecordType[] = [
  { type: 'LegacyOffsetCommit', id: 0, key: LegacyOffsetCommitKey, value: LegacyOffsetCommitValue },
  { type: 'OffsetCommit', id: 1, key: OffsetCommitKey, value: OffsetCommitValue },
  { type: 'GroupMetadata', id: 2, key: GroupMetadataKey, value: GroupMetadataValue },
  { type: 'ConsumerGroupMetadata', id: 3, key: ConsumerGroupMetadataKey, value: ConsumerGroupMetadataValue },
  { type: 'ConsumerGroupPartitionMetadata', id: 4, key: ConsumerGroupPartitionMetadataKey, value: ConsumerGroupPartitionMetadataValue },
  { type: 'ConsumerGroupMemberMetadata', id: 5, key: ConsumerGroupMemberMetadataKey, value: ConsumerGroupMemberMetadataValue },
  {
    type: 'ConsumerGroupTargetAssignmentMetadata',
    id: 6,
    key: ConsumerGroupTargetAssignmentMetadataKey,
    value: ConsumerGroupTargetAssignmentMetadataValue,
  },
  {
    type: 'ConsumerGroupTargetAssignmentMember',
    id: 7,
    key: ConsumerGroupTargetAssignmentMemberKey,
    value: ConsumerGroupTargetAssignmentMemberValue,
  },
  {
    type: 'ConsumerGroupCurrentMemberAssignment',
    id: 8,
    key: ConsumerGroupCurrentMemberAssignmentKey,
    value: ConsumerGroupCurrentMemberAssignmentValue,
  },
  { type: 'ShareGroupMemberMetadata', id: 10, key: ShareGroupMemberMetadataKey, value: ShareGroupMemberMetadataValue },
  { type: 'ShareGroupMetadata', id: 11, key: ShareGroupMetadataKey, value: ShareGroupMetadataValue },
  {
    type: 'ShareGroupTargetAssignmentMetadata',
    id: 12,
    key: ShareGroupTargetAssignmentMetadataKey,
    value: ShareGroupTargetAssignmentMetadataValue,
  },
  {
    type: 'ShareGroupTargetAssignmentMember',
    id: 13,
    key: ShareGroupTargetAssignmentMemberKey,
    value: ShareGroupTargetAssignmentMemberValue,
  },
  {
    type: 'ShareGroupCurrentMemberAssignment',
    id: 14,
    key: ShareGroupCurrentMemberAssignmentKey,
    value: ShareGroupCurrentMemberAssignmentValue,
  },
  {
    type: 'ShareGroupStatePartitionMetadata',
    id: 15,
    key: ShareGroupStatePartitionMetadataKey,
    value: ShareGroupStatePartitionMetadataValue,
  },
  { type: 'ConsumerGroupRegularExpression', id: 16, key: ConsumerGroupRegularExpressionKey, value: ConsumerGroupRegularExpressionValue },
  { type: 'StreamsGroupMetadata', id: 17, key: StreamsGroupMetadataKey, value: StreamsGroupMetadataValue },
  { type: 'StreamsGroupMemberMetadata', id: 19, key: StreamsGroupMemberMetadataKey, value: StreamsGroupMemberMetadataValue },
  {
    type: 'StreamsGroupTargetAssignmentMetadata',
    id: 20,
    key: StreamsGroupTargetAssignmentMetadataKey,
    value: StreamsGroupTargetAssignmentMetadataValue,
  },
  {
    type: 'StreamsGroupTargetAssignmentMember',
    id: 21,
    key: StreamsGroupTargetAssignmentMemberKey,
    value: StreamsGroupTargetAssignmentMemberValue,
  },
  {
    type: 'StreamsGroupCurrentMemberAssignment',
    id: 22,
    key: StreamsGroupCurrentMemberAssignmentKey,
    value: StreamsGroupCurrentMemberAssignmentValue,
  },
  { type: 'StreamsGroupTopology', id: 23, key: StreamsGroupTopologyKey, value: StreamsGroupTopologyValue },
]

/** A decoded record of `__consumer_offsets`. */
export type GroupRecord =
  | InternalRecord<'LegacyOffsetCommit', typeof LegacyOffsetCommitKey, typeof LegacyOffsetCommitValue>
  | InternalRecord<'OffsetCommit', typeof OffsetCommitKey, typeof OffsetCommitValue>
  | InternalRecord<'GroupMetadata', typeof GroupMetadataKey, typeof GroupMetadataValue>
  | InternalRecord<'ConsumerGroupMetadata', typeof ConsumerGroupMetadataKey, typeof ConsumerGroupMetadataValue>
  | InternalRecord<'ConsumerGroupPartitionMetadata', typeof ConsumerGroupPartitionMetadataKey, typeof ConsumerGroupPartitionMetadataValue>
  | InternalRecord<'ConsumerGroupMemberMetadata', typeof ConsumerGroupMemberMetadataKey, typeof ConsumerGroupMemberMetadataValue>
  | InternalRecord<
      'ConsumerGroupTargetAssignmentMetadata',
      typeof ConsumerGroupTargetAssignmentMetadataKey,
      typeof ConsumerGroupTargetAssignmentMetadataValue
    >
  | InternalRecord<
      'ConsumerGroupTargetAssignmentMember',
      typeof ConsumerGroupTargetAssignmentMemberKey,
      typeof ConsumerGroupTargetAssignmentMemberValue
    >
  | InternalRecord<
      'ConsumerGroupCurrentMemberAssignment',
      typeof ConsumerGroupCurrentMemberAssignmentKey,
      typeof ConsumerGroupCurrentMemberAssignmentValue
    >
  | InternalRecord<'ShareGroupMemberMetadata', typeof ShareGroupMemberMetadataKey, typeof ShareGroupMemberMetadataValue>
  | InternalRecord<'ShareGroupMetadata', typeof ShareGroupMetadataKey, typeof ShareGroupMetadataValue>
  | InternalRecord<
      'ShareGroupTargetAssignmentMetadata',
      typeof ShareGroupTargetAssignmentMetadataKey,
      typeof ShareGroupTargetAssignmentMetadataValue
    >
  | InternalRecord<
      'ShareGroupTargetAssignmentMember',
      typeof ShareGroupTargetAssignmentMemberKey,
      typeof ShareGroupTargetAssignmentMemberValue
    >
  | InternalRecord<
      'ShareGroupCurrentMemberAssignment',
      typeof ShareGroupCurrentMemberAssignmentKey,
      typeof ShareGroupCurrentMemberAssignmentValue
    >
  | InternalRecord<
      'ShareGroupStatePartitionMetadata',
      typeof ShareGroupStatePartitionMetadataKey,
      typeof ShareGroupStatePartitionMetadataValue
    >
  | InternalRecord<'ConsumerGroupRegularExpression', typeof ConsumerGroupRegularExpressionKey, typeof ConsumerGroupRegularExpressionValue>
  | InternalRecord<'StreamsGroupMetadata', typeof StreamsGroupMetadataKey, typeof StreamsGroupMetadataValue>
  | InternalRecord<'StreamsGroupMemberMetadata', typeof StreamsGroupMemberMetadataKey, typeof StreamsGroupMemberMetadataValue>
  | InternalRecord<
      'StreamsGroupTargetAssignmentMetadata',
      typeof StreamsGroupTargetAssignmentMetadataKey,
      typeof StreamsGroupTargetAssignmentMetadataValue
    >
  | InternalRecord<
      'StreamsGroupTargetAssignmentMember',
      typeof StreamsGroupTargetAssignmentMemberKey,
      typeof StreamsGroupTargetAssignmentMemberValue
    >
  | InternalRecord<
      'StreamsGroupCurrentMemberAssignment',
      typeof StreamsGroupCurrentMemberAssignmentKey,
      typeof StreamsGroupCurrentMemberAssignmentValue
    >
  | InternalRecord<'StreamsGroupTopology', typeof StreamsGroupTopologyKey, typeof StreamsGroupTopologyValue>

/**
 * Reads a record of `__consumer_offsets`, in which group coordinators keep groups of every kind and the offsets that they have committed.
 * @returns undefined for a kind that a newer Kafka may have: to be skipped
 * @throws DecodeError
 */
export function decodeGroupRecord(key: Uint8Array | null, value: Uint8Array | null): GroupRecord | undefined {
  return decodeInternalRecord(types, '__consumer_offsets', key, value) as GroupRecord | undefined
}
