import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { boolean, int16, int32, uuid } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** Which brokers the cluster has, and for topics: their partitions, leaders and replicas. */
export const Metadata = api('Metadata', 3, { versions: [0, 13], flexible: 9 }, () => ({
  request: {
    /** Null asks for all topics; so does an empty list in version 0, while later ones then tell of brokers alone. */
    topics: array(
      struct({
        topicId: uuid.since(10).ignorable(),
        /** Null where the topic id says which topic it is. */
        name: string.nullable(10),
      }),
    ).nullable(1),
    /** Whether brokers may create topics that do not exist, where their configuration allows it. */
    allowAutoTopicCreation: boolean.since(4).default(true),
    includeClusterAuthorizedOperations: boolean.since(8).until(10),
    includeTopicAuthorizedOperations: boolean.since(8),
  },
  response: {
    throttleTimeMs: int32.since(3).ignorable(),
    brokers: array(
      struct({
        /** The broker id. */
        nodeId: int32,
        host: string,
        port: int32,
        rack: string.since(1).nullable().default(null).ignorable(),
      }),
    ),
    clusterId: string.since(2).nullable().default(null).ignorable(),
    controllerId: int32.since(1).default(-1).ignorable(),
    topics: array(
      struct({
        errorCode: int16,
        /** Null where a topic was asked for by an id that nobody knows. */
        name: string.nullable(12),
        topicId: uuid.since(10).ignorable(),
        isInternal: boolean.since(1).ignorable(),
        partitions: array(
          struct({
            errorCode: int16,
            partitionIndex: int32,
            /** -1 while the partition has no leader. */
            leaderId: int32,
            /** Grows with each election: of two answers, the one with the larger epoch is the newer (KIP-320). */
            leaderEpoch: int32.since(7).default(-1).ignorable(),
            replicaNodes: array(int32),
            isrNodes: array(int32),
            offlineReplicas: array(int32).since(5).ignorable(),
          }),
        ),
        /** A bit for each allowed operation, by the numbers of ACL operations; the smallest int32 where it was not asked for. */
        topicAuthorizedOperations: int32.since(8).default(-2147483648),
      }),
    ),
    /** A bit for each allowed operation on the cluster; the smallest int32 where it was not asked for. */
    clusterAuthorizedOperations: int32.since(8).until(10).default(-2147483648),
    /** Tells a client to start over from its bootstrap servers (KIP-1102). */
    errorCode: int16.since(13).ignorable(),
  },
}))

/** What is asked with {@link Metadata}, decoded: every field is there, in every version. */
export interface MetadataRequest extends RequestOf<typeof Metadata> {}
/** What is answered to {@link Metadata}, decoded: every field is there, in every version. */
export interface MetadataResponse extends ResponseOf<typeof Metadata> {}
