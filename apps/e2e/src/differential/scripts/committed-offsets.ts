import { DeleteGroups, OffsetCommit, OffsetDelete, OffsetFetch, type RequestInputOf } from '@k/protocol'
import { absent } from '../requests.ts'
import { type Play, type Subject, script } from '../script.ts'
import type { StageTopic } from '../stage.ts'

type CommitPartition = RequestInputOf<typeof OffsetCommit>['topics'][number]['partitions'][number]

function commitBody(
  groupId: string,
  { name, topicId }: StageTopic,
  ...partitions: readonly Partial<CommitPartition>[]
): RequestInputOf<typeof OffsetCommit> {
  const filled = partitions.map((each) => ({
    partitionIndex: 0,
    committedOffset: 5n,
    committedLeaderEpoch: -1,
    committedMetadata: 'm',
    ...each,
  }))
  return { groupId, generationIdOrMemberEpoch: -1, memberId: '', topics: [{ name, topicId, partitions: filled }] }
}

function fetchBody(
  groupId: string,
  topics: readonly StageTopic[] | null,
  partitionIndexes: number[] = [0],
  fields: object = {},
): RequestInputOf<typeof OffsetFetch> {
  const asked = topics?.map(({ name, topicId }) => ({ name, topicId, partitionIndexes })) ?? null
  return { groupId, topics: asked, groups: [{ groupId, topics: asked, memberId: null, memberEpoch: -1, ...fields }], requireStable: false }
}

function deleteBody(groupId: string, topic: string, ...partitions: readonly number[]) {
  return { groupId, topics: [{ name: topic, partitions: partitions.map((partitionIndex) => ({ partitionIndex })) }] }
}

async function committed({ request, topic, name }: Play): Promise<{ groupId: string; to: StageTopic }> {
  const [groupId, to] = [name(), await topic({ partitions: 3 })]
  await request(
    OffsetCommit,
    9,
    commitBody(groupId, to, {}, { partitionIndex: 1, committedOffset: 7n, committedLeaderEpoch: 2, committedMetadata: '' }),
  )
  return { groupId, to }
}

export const committedOffsets: Subject = {
  title: 'committed offsets',
  scripts: [
    ...[2, 3, 5, 6, 7, 8, 9, 10].map((version) =>
      script(`offsets are committed in version ${version}`, async ({ request, topic, name }) => {
        const [groupId, to] = [name(), await topic({ partitions: 2 })]
        await request(
          OffsetCommit,
          version,
          commitBody(groupId, to, {}, { partitionIndex: 1, committedOffset: 0n, committedMetadata: null }),
        )
        await request(OffsetCommit, version, commitBody(groupId, to, { partitionIndex: 4 }, { partitionIndex: -1 }))
        await request(OffsetCommit, version, commitBody(groupId, absent(name()), {}))
        await request(OffsetCommit, version, commitBody(groupId, to, { committedOffset: -1n }, { partitionIndex: 1, committedOffset: -5n }))
        await request(
          OffsetCommit,
          version,
          commitBody(groupId, to, { committedMetadata: 'x'.repeat(4096) }, { partitionIndex: 1, committedMetadata: 'x'.repeat(4097) }),
        )
        await request(OffsetFetch, 8, fetchBody(groupId, null))
        await request(OffsetCommit, version, { ...commitBody(groupId, to, {}), topics: [] })
      }),
    ),
    ...[1, 2, 3, 5, 6, 7, 8, 9, 10].map((version) =>
      script(`offsets are fetched in version ${version}`, async (play) => {
        const { request, name } = play
        const { groupId, to } = await committed(play)
        await request(OffsetFetch, version, fetchBody(groupId, [to], [0, 1, 2, 9, -1]))
        if (version > 1) await request(OffsetFetch, version, fetchBody(groupId, null))
        await request(OffsetFetch, version, fetchBody(groupId, []))
        await request(OffsetFetch, version, fetchBody(groupId, [absent(name())]))
        await request(OffsetFetch, version, fetchBody(name(), [to]))
        if (version > 1) await request(OffsetFetch, version, fetchBody(name(), null))
        await request(OffsetFetch, version, fetchBody('', [to]))
        await request(OffsetFetch, version, { ...fetchBody(groupId, [to]), requireStable: true })
      }),
    ),
    script('offsets of several groups', async (play) => {
      const { request, name } = play
      const { groupId, to } = await committed(play)
      const groups = [groupId, name(), groupId].flatMap((each) => fetchBody(each, [to]).groups!)
      for (const version of [8, 9]) await request(OffsetFetch, version, { groups, requireStable: false })
      await request(OffsetFetch, 9, { groups: [], requireStable: false })
    }),
    script('offsets for members that are none', async (play) => {
      const { request } = play
      const { groupId, to } = await committed(play)
      for (const [memberId, memberEpoch] of [
        ['nobody', 1],
        ['nobody', -1],
        [null, 3],
        ['', 0],
      ] as const) {
        await request(OffsetFetch, 9, fetchBody(groupId, [to], [0], { memberId, memberEpoch }))
      }
    }),
    script('commits with a member or a generation where there is no group', async ({ request, topic, name }) => {
      const to = await topic()
      for (const [memberId, generation] of [
        ['nobody', 1],
        ['nobody', -1],
        ['', 0],
        ['', -2],
        ['', 5],
      ] as const) {
        await request(OffsetCommit, 9, { ...commitBody(name(), to, {}), memberId, generationIdOrMemberEpoch: generation })
      }
      await request(OffsetCommit, 9, { ...commitBody(name(), to, {}), groupInstanceId: 'static' })
    }),
    script('commits for the empty group', async ({ request, topic }) => {
      const to = await topic()
      for (const version of [2, 9]) await request(OffsetCommit, version, commitBody('', to, {}))
    }),
    script('offsets are deleted', async (play) => {
      const { request, name } = play
      const { groupId, to } = await committed(play)
      await request(OffsetDelete, 0, deleteBody(groupId, to.name, 0, 2, 9))
      await request(OffsetFetch, 8, fetchBody(groupId, null))
      await request(OffsetDelete, 0, deleteBody(groupId, name(), 0))
      await request(OffsetDelete, 0, deleteBody(name(), to.name, 0))
      await request(OffsetDelete, 0, deleteBody('', to.name, 0))
      await request(OffsetDelete, 0, { groupId, topics: [] })
      await request(OffsetDelete, 0, deleteBody(groupId, to.name, 1))
      await request(OffsetFetch, 8, fetchBody(groupId, null))
    }),
    script('groups are deleted', async (play) => {
      const { request, name } = play
      const { groupId, to } = await committed(play)
      for (const version of [0, 1, 2])
        await request(DeleteGroups, version, { groupsNames: version < 2 ? [name(), ''] : [groupId, name(), ''] })
      await request(OffsetFetch, 8, fetchBody(groupId, [to]))
      await request(DeleteGroups, 2, { groupsNames: [groupId, groupId] })
      await request(DeleteGroups, 2, { groupsNames: [] })
    }),
  ],
}
