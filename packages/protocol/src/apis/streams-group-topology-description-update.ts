import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { int8, int16, int32 } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** A member tells the coordinator what its topology looks like, for people to see. */
export const StreamsGroupTopologyDescriptionUpdate = api(
  'StreamsGroupTopologyDescriptionUpdate',
  93,
  { versions: [0, 0], flexible: 0 },
  () => {
    const node = struct({
      name: string,
      nodeType: int8,
      sourceTopics: array(string),
      sinkTopic: string.nullable().default(null),
      stores: array(string),
      successors: array(string),
    })
    return {
      request: {
        groupId: string,
        memberId: string,
        topologyEpoch: int32,
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
        }),
      },
      response: {
        throttleTimeMs: int32,
        errorCode: int16,
        errorMessage: string.nullable().default(null),
      },
    }
  },
)

/** What is asked with {@link StreamsGroupTopologyDescriptionUpdate}, decoded: every field is there, in every version. */
export interface StreamsGroupTopologyDescriptionUpdateRequest extends RequestOf<typeof StreamsGroupTopologyDescriptionUpdate> {}
/** What is answered to {@link StreamsGroupTopologyDescriptionUpdate}, decoded: every field is there, in every version. */
export interface StreamsGroupTopologyDescriptionUpdateResponse extends ResponseOf<typeof StreamsGroupTopologyDescriptionUpdate> {}
