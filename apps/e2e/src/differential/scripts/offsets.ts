import { DeleteRecords, Fetch, ListOffsets, OffsetForLeaderEpoch, Produce, type RequestInputOf } from '@k/protocol'
import { batchOf, TIME } from '../batches.ts'
import { absent, fetchBody, fetchOf, produceTo } from '../requests.ts'
import { type Play, type Subject, script } from '../script.ts'
import type { StageTopic } from '../stage.ts'

type Listed = RequestInputOf<typeof ListOffsets>['topics'][number]['partitions'][number]

function listBody(
  { name }: Pick<StageTopic, 'name'>,
  partitions: readonly Partial<Listed>[],
  fields: { isolationLevel?: number; replicaId?: number } = {},
) {
  const filled = partitions.map((each) => ({ partitionIndex: 0, timestamp: -1n, currentLeaderEpoch: -1, ...each }))
  return { replicaId: -1, isolationLevel: 0, timeoutMs: 30_000, ...fields, topics: [{ name, partitions: filled }] }
}

function deleteBody({ name }: Pick<StageTopic, 'name'>, ...partitions: readonly { partitionIndex?: number; offset: bigint }[]) {
  return { timeoutMs: 30_000, topics: [{ name, partitions: partitions.map((each) => ({ partitionIndex: 0, ...each })) }] }
}

function epochBody(topic: string, ...partitions: readonly { partition?: number; currentLeaderEpoch?: number; leaderEpoch: number }[]) {
  return { replicaId: -1, topics: [{ topic, partitions: partitions.map((each) => ({ partition: 0, currentLeaderEpoch: -1, ...each })) }] }
}

/** A topic with three batches; the largest timestamp is in the second. */
async function filled({ request, topic }: Play): Promise<StageTopic> {
  const to = await topic({ partitions: 2 })
  const times = [
    [0, 10],
    [30, 20],
    [20, 25],
  ]
  for (const batch of times) await request(Produce, 9, produceTo(to, batchOf(batch.map((ms) => ({ value: 'v', timestamp: TIME + ms })))))
  return to
}

export const offsets: Subject = {
  title: 'offsets',
  scripts: [
    ...[1, 2, 4, 6, 7, 8, 9, 10, 11].map((version) =>
      script(`every mark and some times, in version ${version} of ListOffsets`, async (play) => {
        const to = await filled(play)
        for (const timestamp of [
          -1n,
          -2n,
          -3n,
          -4n,
          -5n,
          -6n,
          -7n,
          0n,
          BigInt(TIME),
          BigInt(TIME + 11),
          BigInt(TIME + 26),
          BigInt(TIME + 31),
        ]) {
          await play.outcome(ListOffsets, version, listBody(to, [{ timestamp }]))
        }
      }),
    ),
    script('an empty partition', async ({ request, topic }) => {
      const to = await topic()
      for (const timestamp of [-1n, -2n, -3n, 0n, BigInt(TIME)]) await request(ListOffsets, 7, listBody(to, [{ timestamp }]))
    }),
    script('ListOffsets of what is not there', async ({ request, topic, name }) => {
      const to = await topic()
      for (const version of [1, 4, 10]) {
        await request(ListOffsets, version, listBody(to, [{ partitionIndex: 3 }, {}, { partitionIndex: -1 }]))
        await request(ListOffsets, version, listBody({ name: name() }, [{}]))
      }
    }),
    script('ListOffsets with epochs of the leader', async ({ request, topic }) => {
      const to = await topic()
      for (const version of [4, 7]) {
        for (const currentLeaderEpoch of [0, 1, -1, -5]) await request(ListOffsets, version, listBody(to, [{ currentLeaderEpoch }]))
      }
    }),
    script('one partition twice in ListOffsets', async (play) => {
      const to = await filled(play)
      for (const version of [1, 7])
        await play.request(ListOffsets, version, listBody(to, [{ timestamp: -1n }, { timestamp: -2n }, { partitionIndex: 1 }]))
    }),
    script('ListOffsets of a replica, a debugger and nobody', async (play) => {
      const to = await filled(play)
      for (const replicaId of [-2, 5, -3]) await play.request(ListOffsets, 7, listBody(to, [{}], { replicaId }))
    }),
    script('ListOffsets with an isolation level that is none', async ({ outcome, topic }) => {
      const to = await topic()
      for (const version of [2, 7]) await outcome(ListOffsets, version, listBody(to, [{}, { partitionIndex: 4 }], { isolationLevel: 2 }))
    }),
    script('ListOffsets without topics', async ({ request }) => {
      for (const version of [1, 11]) await request(ListOffsets, version, { replicaId: -1, isolationLevel: 0, timeoutMs: 0, topics: [] })
    }),
    ...[2, 3, 4].map((version) =>
      script(`ends of epochs, in version ${version}`, async (play) => {
        const { name } = await filled(play)
        await play.request(OffsetForLeaderEpoch, version, epochBody(name, { leaderEpoch: 0 }, { partition: 1, leaderEpoch: 0 }))
        await play.request(OffsetForLeaderEpoch, version, epochBody(name, { leaderEpoch: 1 }, { partition: 5, leaderEpoch: 0 }))
        await play.request(OffsetForLeaderEpoch, version, epochBody(name, { leaderEpoch: -1 }))
        await play.request(OffsetForLeaderEpoch, version, epochBody(name, { leaderEpoch: 0, currentLeaderEpoch: 0 }))
        await play.request(OffsetForLeaderEpoch, version, epochBody(name, { leaderEpoch: 0, currentLeaderEpoch: 3 }))
        await play.request(OffsetForLeaderEpoch, version, epochBody(name, { leaderEpoch: 0, currentLeaderEpoch: -5 }))
        await play.request(OffsetForLeaderEpoch, version, epochBody(play.name(), { leaderEpoch: 0 }))
      }),
    ),
    ...[0, 1, 2].map((version) =>
      script(`records are deleted, in version ${version}`, async (play) => {
        const to = await filled(play)
        for (const offset of [1n, 0n, 1n, 4n, 7n, -2n, -1n]) {
          await play.request(DeleteRecords, version, deleteBody(to, { offset }))
          await play.request(ListOffsets, 7, listBody(to, [{ timestamp: -2n }]))
        }
        await play.request(ListOffsets, 7, listBody(to, [{ timestamp: -3n }, { timestamp: 0n }]))
        await play.request(Produce, 9, produceTo(to, batchOf(['after'])))
        for (const fetchOffset of [0n, 5n, 6n]) await play.request(Fetch, 12, fetchBody([fetchOf(to, { fetchOffset })]))
      }),
    ),
    script('records are deleted in the middle of a batch', async (play) => {
      const to = await filled(play)
      await play.request(DeleteRecords, 2, deleteBody(to, { offset: 3n }))
      for (const fetchOffset of [2n, 3n]) await play.request(Fetch, 12, fetchBody([fetchOf(to, { fetchOffset })]))
      for (const timestamp of [-2n, -3n, 0n, BigInt(TIME + 5), BigInt(TIME + 28)])
        await play.request(ListOffsets, 7, listBody(to, [{ timestamp }]))
      await play.request(OffsetForLeaderEpoch, 4, epochBody(to.name, { leaderEpoch: 0 }))
    }),
    script('records of what is not there are deleted', async ({ request, topic, name }) => {
      const to = await topic({ partitions: 2 })
      await request(DeleteRecords, 2, deleteBody(to, { partitionIndex: 9, offset: 0n }, { offset: 0n }, { partitionIndex: 1, offset: 5n }))
      await request(DeleteRecords, 2, deleteBody(absent(name()), { offset: 0n }))
      await request(DeleteRecords, 2, { timeoutMs: 0, topics: [] })
    }),
    script('records of a compacted topic are deleted', async ({ request, topic }) => {
      const to = await topic({ configs: { 'cleanup.policy': 'compact' } })
      await request(Produce, 9, produceTo(to, batchOf([{ key: 'a', value: 'b' }])))
      await request(DeleteRecords, 2, deleteBody(to, { offset: 1n }))
    }),
  ],
}
