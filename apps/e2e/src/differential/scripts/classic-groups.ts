import {
  DescribeGroups,
  encodeAssignment,
  encodeSubscription,
  Heartbeat,
  JoinGroup,
  type JoinGroupResponse,
  LeaveGroup,
  ListGroups,
  OffsetCommit,
  type RequestInputOf,
  SyncGroup,
} from '@k/protocol'
import { type Subject, script } from '../script.ts'
import type { StageConnection } from '../stage.ts'

type Asking = Pick<StageConnection, 'request'>
type JoinBody = RequestInputOf<typeof JoinGroup>
interface Place {
  readonly memberId: string
  readonly generationId: number
}

const metadata = encodeSubscription({ topics: ['t'] })

function joinBody(groupId: string, fields: Partial<JoinBody> = {}): JoinBody {
  const usual = { memberId: '', sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 20_000, groupInstanceId: null, protocolType: 'consumer' }
  return { groupId, ...usual, protocols: [{ name: 'range', metadata }], reason: 'why not', ...fields }
}

/** Joins a group for the first time: asks for a member id and comes back with it. */
async function enter({ request }: Asking, groupId: string, fields: Partial<JoinBody> = {}, version = 9): Promise<JoinGroupResponse> {
  const first = await request(JoinGroup, version, joinBody(groupId, fields))
  return first.memberId === '' || first.errorCode !== 79
    ? first
    : request(JoinGroup, version, joinBody(groupId, { ...fields, memberId: first.memberId }))
}

function syncBody(groupId: string, { memberId, generationId }: Place, given: readonly string[] = [], fields: object = {}) {
  const assignments = given.map((member, i) => ({
    memberId: member,
    assignment: encodeAssignment({ assignedPartitions: [{ topic: 't', partitions: [i] }] }),
  }))
  return { groupId, memberId, generationId, groupInstanceId: null, protocolType: 'consumer', protocolName: 'range', assignments, ...fields }
}

function beat(groupId: string, { memberId, generationId }: Place, groupInstanceId: string | null = null) {
  return { groupId, memberId, generationId, groupInstanceId }
}

function leaveBody(groupId: string, ...members: readonly { memberId: string; groupInstanceId?: string | null }[]) {
  return {
    groupId,
    memberId: members[0]?.memberId ?? '',
    members: members.map((each) => ({ groupInstanceId: null, reason: null, ...each })),
  }
}

function commitBody(groupId: string, { memberId, generationId }: Place, topic: string, groupInstanceId: string | null = null) {
  const partitions = [{ partitionIndex: 0, committedOffset: 5n, committedMetadata: 'm' }]
  return { groupId, memberId, generationIdOrMemberEpoch: generationId, groupInstanceId, topics: [{ name: topic, partitions }] }
}

/** A group of one, who is its leader and has its assignment. */
async function alone(play: Asking, groupId: string, fields: Partial<JoinBody> = {}, version = 9): Promise<JoinGroupResponse> {
  const joined = await enter(play, groupId, fields, version)
  await play.request(SyncGroup, 5, syncBody(groupId, joined, [joined.memberId]))
  return joined
}

const strangers: readonly Partial<Place & { groupInstanceId: string }>[] = [
  { memberId: 'nobody' },
  { memberId: '' },
  { generationId: 0 },
  { generationId: 7 },
  { generationId: -1 },
  { groupInstanceId: 'static' },
]

export const classicGroups: Subject = {
  title: 'classic groups',
  scripts: [
    ...[0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((version) =>
      script(`a member joins, is assigned, beats and leaves, in version ${version} of JoinGroup`, async (play) => {
        const { request, name } = play
        const groupId = name()
        const joined = await enter(play, groupId, {}, version)
        await request(SyncGroup, Math.min(5, version), syncBody(groupId, joined, [joined.memberId]))
        await request(Heartbeat, Math.min(4, version), beat(groupId, joined))
        await request(DescribeGroups, Math.min(6, version), { groups: [groupId], includeAuthorizedOperations: version > 5 })
        await request(LeaveGroup, Math.min(5, version), leaveBody(groupId, joined))
        await request(DescribeGroups, Math.min(6, version), { groups: [groupId], includeAuthorizedOperations: false })
      }),
    ),
    script('two members, the first of which leads, then one', async (play) => {
      const { request, connect, name } = play
      const groupId = name()
      const first = await alone(play, groupId)
      const other = await connect('other')
      const asked = await other.request(JoinGroup, 9, joinBody(groupId))
      const joining = other.request(JoinGroup, 9, joinBody(groupId, { memberId: asked.memberId }))
      await play.until(Heartbeat, 4, beat(groupId, first), ({ errorCode }) => errorCode !== 0)
      await request(DescribeGroups, 5, { groups: [groupId] })
      const again = await request(JoinGroup, 9, joinBody(groupId, { memberId: first.memberId }))
      const second = await joining
      const syncing = other.request(SyncGroup, 5, syncBody(groupId, second))
      await request(SyncGroup, 5, syncBody(groupId, again, [first.memberId, second.memberId]))
      await syncing
      await request(DescribeGroups, 5, { groups: [groupId] })
      await request(Heartbeat, 4, beat(groupId, first))
      await request(LeaveGroup, 5, leaveBody(groupId, first))
      await other.request(Heartbeat, 4, beat(groupId, second))
      await other.request(SyncGroup, 5, syncBody(groupId, second))
      await other.request(JoinGroup, 9, joinBody(groupId, { memberId: second.memberId }))
    }),
    script('heartbeats of those who are no members, or of another generation', async (play) => {
      const groupId = play.name()
      const joined = await alone(play, groupId)
      for (const other of strangers) await play.request(Heartbeat, 4, beat(groupId, { ...joined, ...other }, other.groupInstanceId))
      await play.request(Heartbeat, 4, beat(play.name(), joined))
      await play.request(Heartbeat, 4, beat('', joined))
    }),
    script('SyncGroup of those who are no members, or of another generation', async (play) => {
      const groupId = play.name()
      const joined = await alone(play, groupId)
      for (const { groupInstanceId = null, ...other } of strangers) {
        await play.request(SyncGroup, 5, syncBody(groupId, { ...joined, ...other }, [], { groupInstanceId }))
      }
      await play.request(SyncGroup, 5, syncBody(groupId, joined, [], { protocolName: 'another' }))
      await play.request(SyncGroup, 5, syncBody(groupId, joined, [], { protocolType: 'connect' }))
      await play.request(SyncGroup, 5, syncBody(groupId, joined, [], { protocolType: null, protocolName: null }))
      await play.request(SyncGroup, 4, syncBody(groupId, joined))
      await play.request(SyncGroup, 5, syncBody(play.name(), joined))
      await play.request(SyncGroup, 5, syncBody('', joined))
    }),
    script('commits of those who are no members, or of another generation', async (play) => {
      const groupId = play.name()
      const { name } = await play.topic()
      const joined = await alone(play, groupId)
      await play.request(OffsetCommit, 9, commitBody(groupId, joined, name))
      for (const other of strangers)
        await play.request(OffsetCommit, 9, commitBody(groupId, { ...joined, ...other }, name, other.groupInstanceId))
      await play.request(OffsetCommit, 9, commitBody(groupId, { memberId: '', generationId: -1 }, name))
      await play.request(OffsetCommit, 9, commitBody('', joined, name))
    }),
    script('commits while the group is being put together', async (play) => {
      const groupId = play.name()
      const { name } = await play.topic()
      const joined = await enter(play, groupId)
      await play.request(OffsetCommit, 9, commitBody(groupId, joined, name))
      await play.request(OffsetCommit, 9, commitBody(groupId, { memberId: '', generationId: -1 }, name))
      await play.request(Heartbeat, 4, beat(groupId, joined))
      await play.request(DescribeGroups, 5, { groups: [groupId] })
    }),
    script('those who leave and were never there', async (play) => {
      const groupId = play.name()
      await play.request(LeaveGroup, 5, leaveBody(groupId, { memberId: 'nobody' }))
      const joined = await alone(play, groupId)
      for (const version of [0, 2, 3, 5]) await play.request(LeaveGroup, version, leaveBody(groupId, { memberId: 'nobody' }))
      await play.request(
        LeaveGroup,
        5,
        leaveBody(groupId, { memberId: 'nobody' }, joined, joined, { memberId: '', groupInstanceId: 'static' }),
      )
      await play.request(LeaveGroup, 5, leaveBody(groupId))
      await play.request(LeaveGroup, 5, leaveBody('', joined))
    }),
    script('JoinGroup that asks for what there is not', async ({ request, connect, name }) => {
      const groupId = name()
      const bodies: Partial<JoinBody>[] = [
        { sessionTimeoutMs: 5_999 },
        { sessionTimeoutMs: 1_800_001 },
        { memberId: 'nobody' },
        { protocols: [] },
        { protocolType: '' },
        { protocolType: '', protocols: [] },
        { groupId: '' },
      ]
      for (const body of bodies) await request(JoinGroup, 9, joinBody(groupId, body))
      // These are let in after all: the first of a group at once, the second when the session of the first, which is silent, has ended.
      const [other, otherId] = [await connect('other'), name()]
      const asStatic = (groupInstanceId: string) => ({ groupInstanceId, sessionTimeoutMs: 6_000 })
      await request(JoinGroup, 9, joinBody(groupId, asStatic('')))
      await other.request(JoinGroup, 9, joinBody(otherId, asStatic('a/b')))
      await Promise.all([
        request(JoinGroup, 9, joinBody(groupId, asStatic('.'))),
        other.request(JoinGroup, 9, joinBody(otherId, asStatic('x'.repeat(250)))),
      ])
      await request(JoinGroup, 9, joinBody(groupId, { rebalanceTimeoutMs: -5 }))
      await request(JoinGroup, 3, joinBody(groupId, { protocols: [] }))
    }),
    script('protocols that do not go together', async (play) => {
      const groupId = play.name()
      await alone(play, groupId)
      const other = await play.connect('other')
      await other.request(JoinGroup, 9, joinBody(groupId, { protocols: [{ name: 'sticky', metadata }] }))
      await other.request(JoinGroup, 9, joinBody(groupId, { protocolType: 'connect' }))
      await other.request(JoinGroup, 3, joinBody(groupId, { protocolType: 'connect' }))
    }),
    script('the assignor that most members like best', async ({ connect, name, until }) => {
      const groupId = name()
      const members = await Promise.all(['a', 'b', 'c'].map((clientId) => connect(clientId)))
      const likes = [
        ['x', 'y'],
        ['y', 'x'],
        ['z', 'y', 'x'],
      ]
      const ids: string[] = []
      const bodies = likes.map((names) => ({ protocols: names.map((each) => ({ name: each, metadata })) }))
      const first = await enter(members[0]!, groupId, bodies[0]!)
      ids.push(first.memberId)
      for (const i of [1, 2]) ids.push((await members[i]!.request(JoinGroup, 9, joinBody(groupId, bodies[i]))).memberId)
      const joining = [2, 1].map((i) => members[i]!.request(JoinGroup, 9, joinBody(groupId, { ...bodies[i], memberId: ids[i]! })))
      // The two come on connections of their own.
      await until(
        DescribeGroups,
        5,
        { groups: [groupId], includeAuthorizedOperations: false },
        ({ groups }) => groups[0]!.members.length === 3,
      )
      const again = await members[0]!.request(JoinGroup, 9, joinBody(groupId, { ...bodies[0], memberId: ids[0]! }))
      await Promise.all(joining)
      await members[0]!.request(SyncGroup, 5, syncBody(groupId, again, ids, { protocolName: 'y' }))
    }),
    script('a leader who joins again asks for a rebalance, a follower does not', async (play) => {
      const groupId = play.name()
      const joined = await alone(play, groupId)
      const again = await play.request(JoinGroup, 9, joinBody(groupId, { memberId: joined.memberId }))
      await play.request(JoinGroup, 9, joinBody(groupId, { memberId: joined.memberId }))
      await play.request(Heartbeat, 4, beat(groupId, joined))
      await play.request(SyncGroup, 5, syncBody(groupId, again))
      await play.request(DescribeGroups, 5, { groups: [groupId] })
    }),
    script('a member id that was given and is not used yet', async (play) => {
      const { request, name } = play
      const groupId = name()
      const { memberId } = await request(JoinGroup, 9, joinBody(groupId))
      await request(DescribeGroups, 6, { groups: [groupId] })
      await request(Heartbeat, 4, beat(groupId, { memberId, generationId: 0 }))
      await request(SyncGroup, 5, syncBody(groupId, { memberId, generationId: 0 }))
      await request(LeaveGroup, 5, leaveBody(groupId, { memberId }))
      await request(JoinGroup, 9, joinBody(groupId, { memberId }))
    }),
    script('a static member that comes back, and its former self', async (play) => {
      const { request, name } = play
      const groupId = name()
      const { name: topic } = await play.topic()
      const groupInstanceId = 'static-1'
      const first = await enter(play, groupId, { groupInstanceId })
      await request(SyncGroup, 5, syncBody(groupId, first, [first.memberId], { groupInstanceId }))
      const second = await request(JoinGroup, 9, joinBody(groupId, { groupInstanceId }))
      await request(Heartbeat, 4, beat(groupId, first, groupInstanceId))
      await request(Heartbeat, 4, beat(groupId, first))
      await request(JoinGroup, 9, joinBody(groupId, { groupInstanceId, memberId: first.memberId }))
      await request(SyncGroup, 5, syncBody(groupId, first, [], { groupInstanceId }))
      await request(OffsetCommit, 9, commitBody(groupId, first, topic, groupInstanceId))
      await request(SyncGroup, 5, syncBody(groupId, second, [], { groupInstanceId }))
      await request(Heartbeat, 4, beat(groupId, second, groupInstanceId))
      await request(Heartbeat, 4, beat(groupId, second, 'static-2'))
      await request(DescribeGroups, 5, { groups: [groupId] })
      await request(JoinGroup, 8, joinBody(groupId, { groupInstanceId }))
      await request(
        LeaveGroup,
        5,
        leaveBody(groupId, { memberId: first.memberId, groupInstanceId }, { memberId: '', groupInstanceId: 'static-2' }),
      )
      await request(LeaveGroup, 5, leaveBody(groupId, { memberId: '', groupInstanceId }))
      await request(DescribeGroups, 5, { groups: [groupId] })
    }),
    script('a static member with another assignor', async (play) => {
      const { request, name } = play
      const groupId = name()
      const groupInstanceId = 'static-1'
      const first = await enter(play, groupId, { groupInstanceId })
      await request(SyncGroup, 5, syncBody(groupId, first, [first.memberId], { groupInstanceId }))
      await request(JoinGroup, 9, joinBody(groupId, { groupInstanceId, protocols: [{ name: 'sticky', metadata }] }))
      await request(DescribeGroups, 5, { groups: [groupId] })
    }),
    script('an assignment that forgets members and names strangers', async (play) => {
      const groupId = play.name()
      const joined = await enter(play, groupId)
      await play.request(SyncGroup, 5, syncBody(groupId, joined, ['nobody']))
      await play.request(SyncGroup, 5, syncBody(groupId, joined, [joined.memberId]))
    }),
    script('groups in lists, by state and type', async (play) => {
      const { request, name } = play
      const groupId = name()
      await alone(play, groupId)
      for (const [version, statesFilter, typesFilter] of [
        [3, [], []],
        [4, ['Stable'], []],
        [4, ['stable', 'Empty'], []],
        [5, ['Dead'], []],
        [5, ['nonsense'], []],
        [5, [], ['classic']],
        [5, [], ['consumer']],
        [5, [], ['nonsense']],
      ] as const) {
        await request(ListGroups, version, { statesFilter, typesFilter })
      }
    }),
    script('DescribeGroups of groups that are not there', async ({ request, name }) => {
      const groups = [name(), '', name()]
      for (const version of [0, 3, 5, 6]) await request(DescribeGroups, version, { groups, includeAuthorizedOperations: version >= 3 })
    }),
  ],
}
