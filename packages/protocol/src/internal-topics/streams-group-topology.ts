import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { message } from '../schema/message.ts'
import { int16, int32 } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** Of which streams group a topology is. */
export const StreamsGroupTopologyKey = message('StreamsGroupTopologyKey', { versions: [0, 0] }, () => ({ groupId: string }))

/** What a streams group is to run: its subtopologies, and the topics that each reads and writes. */
export const StreamsGroupTopologyValue = message('StreamsGroupTopologyValue', { versions: [0, 0], flexible: 0 }, () => {
  const topicInfo = struct({
    name: string,
    /** 0: not fixed. */
    partitions: int32,
    /** 0: the broker's default. */
    replicationFactor: int16,
    topicConfigs: array(struct({ key: string, value: string })),
  })
  // Indexes into the lists of the subtopology.
  const copartitionGroup = struct({
    sourceTopics: array(int16),
    sourceTopicRegex: array(int16),
    repartitionSourceTopics: array(int16),
  })
  return {
    epoch: int32,
    subtopologies: array(
      struct({
        subtopologyId: string,
        sourceTopics: array(string),
        sourceTopicRegex: array(string),
        stateChangelogTopics: array(topicInfo),
        repartitionSinkTopics: array(string),
        repartitionSourceTopics: array(topicInfo),
        /** Topics that must have equally many partitions. */
        copartitionGroups: array(copartitionGroup),
      }),
    ),
  }
})
