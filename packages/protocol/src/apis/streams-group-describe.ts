import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { boolean, int8, int16, int32, int64, uint16 } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** States, members and topologies of streams groups. Answered by their coordinators (KIP-1071). */
export const StreamsGroupDescribe = api('StreamsGroupDescribe', 89, { versions: [0, 1], flexible: 0 }, () => {
  const keyValue = struct({ key: string, value: string })
  const taskIds = struct({ subtopologyId: string, partitions: array(int32) })
  const taskOffset = struct({ subtopologyId: string, partition: int32, offset: int64 })
  const node = struct({
    name: string,
    nodeType: int8,
    sourceTopics: array(string),
    sinkTopic: string.nullable().default(null),
    stores: array(string),
    successors: array(string),
  })
  const topicInfo = struct({
    name: string,
    partitions: int32,
    replicationFactor: int16,
    topicConfigs: array(keyValue),
  })
  const assignment = struct({
    activeTasks: array(taskIds),
    standbyTasks: array(taskIds),
    warmupTasks: array(taskIds),
  })
  return {
    request: {
      groupIds: array(string),
      includeAuthorizedOperations: boolean,
      includeTopologyDescription: boolean.since(1),
    },
    response: {
      throttleTimeMs: int32,
      groups: array(
        struct({
          errorCode: int16,
          errorMessage: string.nullable().default(null),
          groupId: string,
          groupState: string,
          groupEpoch: int32,
          assignmentEpoch: int32,
          topology: struct({
            epoch: int32,
            subtopologies: array(
              struct({
                subtopologyId: string,
                sourceTopics: array(string),
                repartitionSinkTopics: array(string),
                stateChangelogTopics: array(topicInfo),
                repartitionSourceTopics: array(topicInfo),
              }),
            )
              .nullable()
              .default(null),
          })
            .nullable()
            .default(null),
          members: array(
            struct({
              memberId: string,
              memberEpoch: int32,
              instanceId: string.nullable().default(null),
              rackId: string.nullable().default(null),
              clientId: string,
              clientHost: string,
              topologyEpoch: int32,
              processId: string,
              userEndpoint: struct({ host: string, port: uint16 }).nullable().default(null),
              clientTags: array(keyValue),
              taskOffsets: array(taskOffset),
              taskEndOffsets: array(taskOffset),
              assignment: assignment,
              targetAssignment: assignment,
              isClassic: boolean,
            }),
          ),
          /** A bit for each allowed operation, by the numbers of ACL operations; the smallest int32 where it was not asked for. */
          authorizedOperations: int32.default(-2147483648),
          topologyDescription: struct({
            subtopologies: array(
              struct({
                subtopologyId: string,
                nodes: array(node),
              }),
            ),
            globalStores: array(
              struct({
                source: node,
                processor: node,
              }),
            ),
          })
            .since(1)
            .nullable()
            .default(null),
          /** 0: not asked for; 1: the broker has none; 2: it failed to read it; 3: it is here. */
          topologyDescriptionStatus: int8.since(1),
          assignorName: string.since(1).nullable().default(null).ignorable(),
        }),
      ),
    },
  }
})

/** What is asked with {@link StreamsGroupDescribe}, decoded: every field is there, in every version. */
export interface StreamsGroupDescribeRequest extends RequestOf<typeof StreamsGroupDescribe> {}
/** What is answered to {@link StreamsGroupDescribe}, decoded: every field is there, in every version. */
export interface StreamsGroupDescribeResponse extends ResponseOf<typeof StreamsGroupDescribe> {}
