import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { boolean, int8, int16, int32, int64, uint16 } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** All of a member in a streams group: join, describe its topology, own tasks, leave, and hear the assignment (KIP-1071). */
export const StreamsGroupHeartbeat = api('StreamsGroupHeartbeat', 88, { versions: [0, 1], flexible: 0 }, () => {
  const keyValue = struct({ key: string, value: string })
  const endpoint = struct({ host: string, port: uint16 })
  const topicPartition = struct({ topic: string, partitions: array(int32) })
  const taskIds = struct({ subtopologyId: string, partitions: array(int32) })
  const taskOffset = struct({ subtopologyId: string, partition: int32, offset: int64 })
  const topicInfo = struct({
    name: string,
    partitions: int32,
    replicationFactor: int16,
    topicConfigs: array(keyValue),
  })
  return {
    request: {
      groupId: string,
      memberId: string,
      /** 0 joins, -1 leaves, -2 leaves for a while as a static member. */
      memberEpoch: int32,
      endpointInformationEpoch: int32,
      instanceId: string.nullable().default(null),
      rackId: string.nullable().default(null),
      /** How long the coordinator waits for revoked tasks; -1: as in the last heartbeat. */
      rebalanceTimeoutMs: int32.default(-1),
      /** Sent on joining alone. */
      topology: struct({
        epoch: int32,
        subtopologies: array(
          struct({
            subtopologyId: string,
            sourceTopics: array(string),
            sourceTopicRegex: array(string),
            stateChangelogTopics: array(topicInfo),
            repartitionSinkTopics: array(string),
            repartitionSourceTopics: array(topicInfo),
            copartitionGroups: array(
              struct({
                /** Indices into the array of the subtopology, as in the fields below. */
                sourceTopics: array(int16),
                sourceTopicRegex: array(int16),
                repartitionSourceTopics: array(int16),
              }),
            ),
          }),
        ),
      })
        .nullable()
        .default(null),
      /** What the member runs. Null: as in the last heartbeat. */
      activeTasks: array(taskIds).nullable().default(null),
      standbyTasks: array(taskIds).nullable().default(null),
      warmupTasks: array(taskIds).nullable().default(null),
      /** Which process it is part of. Null: as in the last heartbeat. */
      processId: string.nullable().default(null),
      userEndpoint: endpoint.nullable().default(null),
      clientTags: array(keyValue).nullable().default(null),
      /** How far its changelogs are restored. Null: as in the last heartbeat. */
      taskOffsets: array(taskOffset).nullable().default(null),
      /** Where they end. Null: as in the last heartbeat. */
      taskEndOffsets: array(taskOffset).nullable().default(null),
      shutdownApplication: boolean.default(false),
    },
    response: {
      throttleTimeMs: int32,
      errorCode: int16,
      errorMessage: string.nullable().default(null),
      memberId: string,
      memberEpoch: int32,
      heartbeatIntervalMs: int32,
      acceptableRecoveryLagLegacy: int32.until(0),
      taskOffsetIntervalMs: int32,
      /** How far a warm-up task may be behind to become active. */
      acceptableRecoveryLag: int64.since(1).default(-1n).ignorable(),
      /** What is wrong with the group, such as missing topics. */
      status: array(struct({ statusCode: int8, statusDetail: string })).nullable(),
      /** Null: as in the last response. */
      activeTasks: array(taskIds).nullable().default(null),
      standbyTasks: array(taskIds).nullable().default(null),
      warmupTasks: array(taskIds).nullable().default(null),
      /** Send StreamsGroupTopologyDescriptionUpdate. */
      topologyDescriptionRequired: boolean.since(1),
      endpointInformationEpoch: int32,
      partitionsByUserEndpoint: array(
        struct({
          userEndpoint: endpoint,
          activePartitions: array(topicPartition),
          standbyPartitions: array(topicPartition),
        }),
      )
        .nullable()
        .default(null),
    },
  }
})

/** What is asked with {@link StreamsGroupHeartbeat}, decoded: every field is there, in every version. */
export interface StreamsGroupHeartbeatRequest extends RequestOf<typeof StreamsGroupHeartbeat> {}
/** What is answered to {@link StreamsGroupHeartbeat}, decoded: every field is there, in every version. */
export interface StreamsGroupHeartbeatResponse extends ResponseOf<typeof StreamsGroupHeartbeat> {}
