import {
  AddOffsetsToTxn,
  ConsumerGroupDescribe,
  ConsumerGroupHeartbeat,
  DeleteGroups,
  DeleteRecords,
  DescribeGroups,
  DescribeProducers,
  DescribeTransactions,
  EndTxn,
  Fetch,
  Heartbeat,
  InitProducerId,
  JoinGroup,
  ListOffsets,
  Metadata,
  OffsetCommit,
  OffsetFetch,
  OffsetForLeaderEpoch,
  Produce,
  TxnOffsetCommit,
  ZERO_UUID,
} from '@k/protocol'
import { batchOf } from '../batches.ts'
import { fetchBody, fetchOf, produceTo } from '../requests.ts'
import { type Subject, script } from '../script.ts'

const good = batchOf(['a', 'b'])
/** Led by broker 2: broker 1 follows in one partition, and has nothing of the other. */
const assignments = [
  [2, 1],
  [2, 3],
]
const both = [{}, { partition: 1 }]

function stranger(brokerId: number): number {
  return brokerId === 1 ? 2 : 1
}

/** What is the same with three brokers as with one is compared with one. */
export const replicas: Subject = {
  title: 'replicas',
  scripts: [
    script('Metadata of three brokers', async ({ request, topic }) => {
      const { name } = await topic({
        assignments: [
          [1, 2, 3],
          [2, 3, 1],
          [3, 1, 2],
        ],
      })
      for (const version of [0, 1, 7, 12, 13])
        await request(Metadata, version, { topics: [{ topicId: ZERO_UUID, name }], includeTopicAuthorizedOperations: false })
    }),
    script('Produce to who is not the leader', async ({ request, topic }) => {
      const to = await topic({ assignments })
      for (const version of [3, 9, 10, 12, 13]) for (const index of [0, 1]) await request(Produce, version, produceTo(to, good, { index }))
    }),
    ...[4, 10, 11, 12, 13, 15, 16, 18].map((version) =>
      script(`Fetch from who is not the leader, in version ${version}`, async ({ request, topic, connect }) => {
        const from = await topic({ assignments })
        const leader = await connect('leader', 2)
        await leader.request(Produce, 12, produceTo(from, good))
        await leader.until(Fetch, 12, fetchBody([fetchOf(from)]), ({ responses }) => responses[0]!.partitions[0]!.highWatermark === 2n)
        for (const currentLeaderEpoch of [-1, 0, 7]) {
          await request(Fetch, version, fetchBody([fetchOf(from, { partition: 1, currentLeaderEpoch })]))
        }
      }),
    ),
    script('Fetch from a follower, which has everything a little later', async ({ until, topic, connect }) => {
      const from = await topic({ assignments })
      await (await connect('leader', 2)).request(Produce, 12, produceTo(from, good))
      for (const version of [11, 12, 13, 16]) {
        await until(Fetch, version, fetchBody([fetchOf(from)]), ({ responses }) => responses[0]!.partitions[0]!.highWatermark === 2n)
      }
    }),
    script('the replica in the rack of who asks', async ({ topic, connect }) => {
      const from = await topic({ assignments })
      const leader = await connect('leader', 2)
      await leader.request(Produce, 12, produceTo(from, good))
      const isThere = { minBytes: 0, maxWaitMs: 0 }
      await leader.until(
        Fetch,
        12,
        fetchBody([fetchOf(from)], isThere),
        ({ responses }) => responses[0]!.partitions[0]!.highWatermark === 2n,
      )
      for (const version of [10, 11, 13]) {
        for (const rackId of ['r2', 'r3', '']) await leader.request(Fetch, version, fetchBody([fetchOf(from)], { rackId }))
      }
      for (const version of [11, 13]) {
        const found = ({ responses }: { responses: readonly { partitions: readonly { preferredReadReplica: number }[] }[] }) =>
          responses[0]!.partitions[0]!.preferredReadReplica === 1
        await leader.until(Fetch, version, fetchBody([fetchOf(from)], { rackId: 'r1' }), found)
      }
    }),
    script('offsets and epochs of who is not the leader', async ({ request, topic }) => {
      const { name } = await topic({ assignments })
      for (const partition of [0, 1]) {
        for (const version of [1, 4, 7]) {
          const topics = [{ name, partitions: [{ partitionIndex: partition, timestamp: -1n }] }]
          await request(ListOffsets, version, { replicaId: -1, isolationLevel: 0, topics })
        }
        for (const version of [2, 4]) {
          const topics = [{ topic: name, partitions: [{ partition, currentLeaderEpoch: -1, leaderEpoch: 0 }] }]
          await request(OffsetForLeaderEpoch, version, { replicaId: -1, topics })
        }
        await request(DeleteRecords, 2, { timeoutMs: 30_000, topics: [{ name, partitions: [{ partitionIndex: partition, offset: 0n }] }] })
        await request(DescribeProducers, 0, { topics: [{ name, partitionIndexes: [partition] }] })
      }
    }),
    script('a session on a broker that leads nothing of it', async ({ request, topic }) => {
      const from = await topic({ assignments })
      const { sessionId } = await request(Fetch, 16, fetchBody([fetchOf(from, ...both)], { sessionEpoch: 0 }))
      await request(Fetch, 16, fetchBody([], { sessionId, sessionEpoch: 1 }))
    }),
    script('too few replicas in sync', async ({ topic, connect }) => {
      const to = await topic({ assignments: [[2, 1]], configs: { 'min.insync.replicas': '3' } })
      const leader = await connect('leader', 2)
      for (const acks of [-1, 1]) await leader.request(Produce, 12, produceTo(to, good, { acks }))
    }),
    script('groups that another broker coordinates', async ({ connect, name, coordinator, topic }) => {
      const [groupId, to] = [name(), await topic({ assignments: [[1]] })]
      const { request } = await connect('stranger', stranger(await coordinator(0, groupId)))
      const usual = { groupId, memberId: '' }
      for (const version of [0, 5, 9]) {
        await request(JoinGroup, version, {
          ...usual,
          sessionTimeoutMs: 10_000,
          rebalanceTimeoutMs: 10_000,
          protocolType: 'consumer',
          protocols: [],
        })
      }
      for (const version of [0, 4]) await request(Heartbeat, version, { ...usual, generationId: 1 })
      const offsets = [{ partitionIndex: 0, committedOffset: 1n, committedMetadata: '' }]
      for (const version of [2, 9])
        await request(OffsetCommit, version, { ...usual, generationIdOrMemberEpoch: -1, topics: [{ name: to.name, partitions: offsets }] })
      for (const version of [1, 2, 7, 8, 9]) {
        const topics = [{ name: to.name, partitionIndexes: [0] }]
        await request(OffsetFetch, version, { groupId, topics, groups: [{ groupId, topics }], requireStable: false })
      }
      for (const version of [0, 5, 6]) await request(DescribeGroups, version, { groups: [groupId], includeAuthorizedOperations: false })
      await request(DeleteGroups, 2, { groupsNames: [groupId] })
      await request(ConsumerGroupDescribe, 1, { groupIds: [groupId], includeAuthorizedOperations: false })
      const joining = { memberEpoch: 0, rebalanceTimeoutMs: 1000, subscribedTopicNames: ['t'], topicPartitions: [] }
      await request(ConsumerGroupHeartbeat, 1, { groupId, memberId: 'm', ...joining })
    }),
    script('transactions that another broker coordinates', async ({ connect, name, coordinator, topic }) => {
      const [transactionalId, to] = [name(), await topic({ assignments: [[1]] })]
      const { request } = await connect('stranger', stranger(await coordinator(1, transactionalId)))
      const producer = { producerId: 5n, producerEpoch: 0 }
      for (const version of [0, 3, 5]) {
        await request(InitProducerId, version, { transactionalId, transactionTimeoutMs: 1000, producerId: -1n, producerEpoch: -1 })
      }
      for (const version of [0, 3, 5]) await request(EndTxn, version, { transactionalId, ...producer, committed: true })
      await request(AddOffsetsToTxn, 3, { transactionalId, ...producer, groupId: name() })
      await request(DescribeTransactions, 0, { transactionalIds: [transactionalId] })
      const groupId = name()
      const other = await connect('other', stranger(await coordinator(0, groupId)))
      const offsets = [{ partitionIndex: 0, committedOffset: 1n, committedMetadata: '' }]
      for (const version of [0, 3, 5]) {
        await other.request(TxnOffsetCommit, version, {
          transactionalId,
          ...producer,
          groupId,
          topics: [{ name: to.name, partitions: offsets }],
        })
      }
    }),
  ],
}
