import {
  CreatePartitions,
  CreateTopics,
  DeleteTopics,
  DescribeTopicPartitions,
  Metadata,
  Produce,
  type RequestInputOf,
  ZERO_UUID,
} from '@k/protocol'
import { batchOf } from '../batches.ts'
import { absent, produceTo } from '../requests.ts'
import { type Subject, script } from '../script.ts'

type NewTopic = RequestInputOf<typeof CreateTopics>['topics'][number]

function createBody(topics: readonly (Partial<NewTopic> & { name: string })[], validateOnly = false): RequestInputOf<typeof CreateTopics> {
  const usual = { numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }
  return { topics: topics.map((each) => ({ ...usual, ...each })), validateOnly }
}

function growBody(name: string, count: number, assignments: readonly (readonly number[])[] | null = null, validateOnly = false) {
  const given = assignments?.map((brokerIds) => ({ brokerIds })) ?? null
  return { topics: [{ name, count, assignments: given }], timeoutMs: 10_000, validateOnly }
}

function metadataBody(topics: readonly { name: string | null; topicId?: string }[] | null, fields: object = {}) {
  return { topics: topics?.map((each) => ({ topicId: ZERO_UUID, ...each })) ?? null, allowAutoTopicCreation: false, ...fields }
}

function pageBody(names: readonly string[], fields: object = {}) {
  return { topics: names.map((name) => ({ name })), responsePartitionLimit: 2000, cursor: null, ...fields }
}

/** New topics, and what is special about each. */
const wanted: Readonly<Record<string, Partial<NewTopic>>> = {
  'no partitions': { numPartitions: 0 },
  'fewer than no partitions': { numPartitions: -2 },
  'as many partitions as is usual': { numPartitions: -1 },
  'no replicas': { replicationFactor: 0 },
  'fewer than no replicas': { replicationFactor: -2 },
  'as many replicas as is usual': { replicationFactor: -1 },
  'more replicas than there are brokers': { replicationFactor: 2 },
  assignments: {
    numPartitions: -1,
    replicationFactor: -1,
    assignments: [
      { partitionIndex: 1, brokerIds: [1] },
      { partitionIndex: 0, brokerIds: [1] },
    ],
  },
  'assignments and a number of partitions': { assignments: [{ partitionIndex: 0, brokerIds: [1] }] },
  'assignments with a hole': { numPartitions: -1, replicationFactor: -1, assignments: [{ partitionIndex: 1, brokerIds: [1] }] },
  'assignments that begin below zero': { numPartitions: -1, replicationFactor: -1, assignments: [{ partitionIndex: -1, brokerIds: [1] }] },
  'assignments to a broker that is not there': {
    numPartitions: -1,
    replicationFactor: -1,
    assignments: [{ partitionIndex: 0, brokerIds: [9] }],
  },
  'assignments to nobody': { numPartitions: -1, replicationFactor: -1, assignments: [{ partitionIndex: 0, brokerIds: [] }] },
  'one broker twice': { numPartitions: -1, replicationFactor: -1, assignments: [{ partitionIndex: 0, brokerIds: [1, 1] }] },
  'one partition assigned twice': {
    numPartitions: -1,
    replicationFactor: -1,
    assignments: [
      { partitionIndex: 0, brokerIds: [1] },
      { partitionIndex: 0, brokerIds: [1] },
    ],
  },
  'a config': { configs: [{ name: 'retention.ms', value: '60000' }] },
  'a config that is none': { configs: [{ name: 'nonsense', value: '1' }] },
  'a config without a value': { configs: [{ name: 'retention.ms', value: null }] },
  'a config that is no number': { configs: [{ name: 'retention.ms', value: 'long' }] },
  'a config out of its range': { configs: [{ name: 'retention.ms', value: '-2' }] },
  'a config out of its words': { configs: [{ name: 'cleanup.policy', value: 'never' }] },
  'a config twice': {
    configs: [
      { name: 'retention.ms', value: '60000' },
      { name: 'retention.ms', value: '70000' },
    ],
  },
}

const INTERNAL = 'There are no topics `__consumer_offsets` and `__transaction_state`.'
const names = ['', '.', '..', 'a b', 'a/b', 'ä', 'x'.repeat(250), '__consumer_offsets', '__transaction_state']

export const topics: Subject = {
  title: 'topics',
  scripts: [
    ...Object.entries(wanted).map(([what, topic]) =>
      script(`a new topic with ${what}`, async ({ request, name }) => {
        for (const version of [2, 4, 5, 7]) await request(CreateTopics, version, createBody([{ name: name(), ...topic }]))
      }),
    ),
    script(
      'names that no topic may have',
      async ({ request }) => {
        for (const each of names) await request(CreateTopics, 7, createBody([{ name: each }], true))
      },
      [
        { at: '8 CreateTopics.topics[0]', why: INTERNAL },
        { at: '9 CreateTopics.topics[0]', why: INTERNAL },
      ],
    ),
    script('names that Kafka takes for the same', async ({ request, name }) => {
      const [first] = [name()]
      await request(CreateTopics, 7, createBody([{ name: `${first}.a_b` }]))
      await request(CreateTopics, 7, createBody([{ name: `${first}.a.b` }]))
      await request(CreateTopics, 7, createBody([{ name: `${first}_a_b` }]))
    }),
    script('a topic that is there, one that is only checked, and one that comes twice', async ({ request, topic, name, created }) => {
      const [{ name: known }, fresh] = [await topic(), name()]
      for (const version of [2, 7]) {
        await request(CreateTopics, version, createBody([{ name: known }, { name: fresh }], true))
        await request(CreateTopics, version, createBody([{ name: fresh }, { name: fresh }]))
      }
      await request(CreateTopics, 7, createBody([{ name: fresh }]))
      await created(fresh, 1)
      await request(Metadata, 12, metadataBody([{ name: fresh }]))
      await request(CreateTopics, 7, createBody([]))
    }),
    ...[0, 1, 2, 4, 5, 7, 8, 9, 10, 11, 12, 13].map((version) =>
      script(`Metadata of topics, in version ${version}`, async ({ request, topic, name, until }) => {
        const { name: known, topicId } = await topic({ partitions: 2 })
        await request(Metadata, version, metadataBody([{ name: known }, { name: name() }]))
        await request(Metadata, version, metadataBody([{ name: 'a b' }]))
        if (version > 0) await request(Metadata, version, metadataBody([]))
        await until(Metadata, version, metadataBody(version > 0 ? null : []), (answer) => answer.topics.some((each) => each.name === known))
        if (version >= 8)
          await request(
            Metadata,
            version,
            metadataBody([{ name: known }], { includeTopicAuthorizedOperations: true, includeClusterAuthorizedOperations: true }),
          )
        if (version >= 12) {
          await request(
            Metadata,
            version,
            metadataBody([
              { name: null, topicId },
              { name: null, topicId: absent('').topicId },
            ]),
          )
          await request(Metadata, version, metadataBody([{ name: known, topicId }]))
        }
      }),
    ),
    script('Metadata of names and ids that go wrong', async ({ outcome, topic, name, connect }) => {
      const { name: known, topicId } = await topic()
      for (const version of [10, 11, 12]) {
        await (await connect()).outcome(Metadata, version, metadataBody([{ name: null, topicId }]))
        await (await connect()).outcome(Metadata, version, metadataBody([{ name: null }]))
        await (await connect()).outcome(Metadata, version, metadataBody([{ name: known, topicId: absent('').topicId }]))
      }
      await outcome(Metadata, 12, metadataBody([{ name: '' }]))
      await outcome(Metadata, 12, metadataBody([{ name: known }, { name: known }]))
      await outcome(Metadata, 12, metadataBody([{ name: name() }], { allowAutoTopicCreation: true }))
    }),
    script('partitions are added', async ({ request, topic, name, created }) => {
      const { name: known } = await topic({ partitions: 2 })
      for (const version of [0, 1, 2, 3]) {
        for (const count of [2, 1, 0, -1]) await request(CreatePartitions, version, growBody(known, count))
        await request(CreatePartitions, version, growBody(known, 3, null, true))
        await request(CreatePartitions, version, growBody(name(), 3))
        await request(CreatePartitions, version, growBody(known, 3, [[1], [1]]))
        await request(CreatePartitions, version, growBody(known, 3, []))
        await request(CreatePartitions, version, growBody(known, 3, [[7]]))
        await request(CreatePartitions, version, growBody(known, 3, [[]]))
        await request(CreatePartitions, version, growBody(known, 3, [[1, 1]]))
      }
      await request(CreatePartitions, 3, growBody(known, 3, [[1]]))
      await created(known, 3)
      await request(Metadata, 12, metadataBody([{ name: known }]))
      const [each] = growBody(known, 5).topics
      await request(CreatePartitions, 3, { topics: [each!, each!], timeoutMs: 1000, validateOnly: false })
      await request(CreatePartitions, 3, { topics: [], timeoutMs: 1000, validateOnly: false })
    }),
    ...[1, 3, 4, 5, 6].map((version) =>
      script(`topics are deleted, in version ${version}`, async ({ request, until, topic, name }) => {
        const [a, b] = [await topic(), await topic()]
        const given = [a.name, b.name, name()]
        await request(DeleteTopics, version, {
          topicNames: given,
          topics: given.map((each) => ({ name: each, topicId: ZERO_UUID })),
          timeoutMs: 10_000,
        })
        await until(Metadata, 12, metadataBody([{ name: a.name }]), (answer) => answer.topics[0]!.errorCode !== 0)
        await request(Produce, 12, produceTo(a, batchOf(['a'])))
        await request(Produce, 13, produceTo(a, batchOf(['a'])))
        await request(DeleteTopics, version, { topicNames: [], topics: [], timeoutMs: 10_000 })
        await request(DeleteTopics, version, { topicNames: [''], topics: [{ name: '', topicId: ZERO_UUID }], timeoutMs: 10_000 })
      }),
    ),
    script('topics are deleted by their ids', async ({ request, topic }) => {
      const [a, b] = [await topic(), await topic()]
      const remove = (...topics: { name: string | null; topicId: string }[]) => request(DeleteTopics, 6, { topics, timeoutMs: 10_000 })
      await remove({ name: null, topicId: absent('').topicId })
      await remove({ name: null, topicId: ZERO_UUID })
      await remove({ name: a.name, topicId: a.topicId })
      await remove({ name: null, topicId: b.topicId }, { name: b.name, topicId: ZERO_UUID })
      await remove({ name: a.name, topicId: ZERO_UUID }, { name: a.name, topicId: ZERO_UUID })
      await remove({ name: null, topicId: b.topicId })
    }),
    script('a topic that is made again is another one', async ({ request, until, topic, created }) => {
      const before = await topic()
      await request(Produce, 12, produceTo(before, batchOf(['a'])))
      await request(DeleteTopics, 6, { topics: [{ name: before.name, topicId: ZERO_UUID }], timeoutMs: 10_000 })
      await until(CreateTopics, 7, createBody([{ name: before.name }]), (answer) => answer.topics[0]!.errorCode === 0)
      await created(before.name, 1)
      await request(Produce, 13, produceTo(before, batchOf(['a'])))
      await request(Produce, 12, produceTo(before, batchOf(['a'])))
    }),
    script('DescribeTopicPartitions, page by page', async ({ request, topic, name }) => {
      const [a, b] = [await topic({ partitions: 3 }), await topic({ partitions: 2 })]
      const all = [b.name, a.name]
      await request(DescribeTopicPartitions, 0, pageBody(all))
      await request(DescribeTopicPartitions, 0, pageBody(all, { responsePartitionLimit: 2 }))
      await request(
        DescribeTopicPartitions,
        0,
        pageBody(all, { responsePartitionLimit: 2, cursor: { topicName: a.name, partitionIndex: 2 } }),
      )
      await request(DescribeTopicPartitions, 0, pageBody(all, { cursor: { topicName: b.name, partitionIndex: 0 } }))
      await request(DescribeTopicPartitions, 0, pageBody([...all, `${a.name}x`]))
      await request(DescribeTopicPartitions, 0, pageBody([name(), 'a b', a.name]))
      await request(DescribeTopicPartitions, 0, pageBody([a.name], { cursor: { topicName: a.name, partitionIndex: 9 } }))
    }),
    script('DescribeTopicPartitions that asks for nonsense', async ({ outcome, topic }) => {
      const { name } = await topic()
      await outcome(DescribeTopicPartitions, 0, pageBody([name], { responsePartitionLimit: 0 }))
      await outcome(DescribeTopicPartitions, 0, pageBody([name], { responsePartitionLimit: -1 }))
      await outcome(DescribeTopicPartitions, 0, pageBody([name], { cursor: { topicName: name, partitionIndex: -1 } }))
      await outcome(DescribeTopicPartitions, 0, pageBody([name, name]))
    }),
  ],
}
