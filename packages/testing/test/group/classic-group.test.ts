import { decodeSubscription, JoinGroup, LeaveGroup } from '@k/protocol'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FakeCluster, type FakeClusterOptions } from '../../src/index.ts'
import { nameOf } from '../support/codes.ts'
import { ManualClock, settle } from '../support/manual-clock.ts'
import { RawClient } from '../support/raw-client.ts'
import { commit, enter, heartbeat, join, sync } from '../support/requests.ts'

describe('a classic group', () => {
  let clock: ManualClock
  let kafka: FakeCluster
  let clients: RawClient[]
  const start = async (options: FakeClusterOptions = {}) => {
    clock = new ManualClock()
    kafka = await FakeCluster.start({ tcp: false, clock, topics: { t: 3 }, ...options })
    clients = []
    for (let i = 0; i < 4; i++) clients.push(await RawClient.connect(kafka))
  }
  beforeEach(() => start())
  afterEach(async () => {
    await kafka.close()
    expect(kafka.failures).toEqual([])
    expect(clock.pending).toBe(0)
  })

  const client = (i: number) => clients[i] as RawClient

  /** A group of one, stable. */
  async function alone(extras: Parameters<typeof enter>[2] = {}) {
    const entering = enter(client(0), 'g', extras)
    await clock.advance(0)
    await clock.advance(0)
    const member = await entering
    await sync(client(0), 'g', member, { [member.memberId]: 'all' })
    return member
  }

  /** A stable group of two; the first leads. */
  async function pair(extras: Parameters<typeof enter>[2] = {}) {
    const first = await alone(extras)
    const entering = enter(client(1), 'g', extras)
    await settle()
    const again = await join(client(0), 'g', first.memberId, extras)
    const second = await entering
    const following = sync(client(1), 'g', second)
    await settle()
    await sync(client(0), 'g', again, { [again.memberId]: 'one', [second.memberId]: 'two' })
    expect((await following).assignment.toString()).toBe('two')
    return { first: again, second }
  }

  it('asks a new member to come back with the id that it gives', async () => {
    const asked = await join(client(0), 'g')
    expect([nameOf(asked.errorCode), asked.generationId, asked.protocolName]).toEqual(['MEMBER_ID_REQUIRED', -1, null])
    expect(asked.memberId).toMatch(/^raw-[0-9a-f-]{36}$/)
    const joining = join(client(0), 'g', asked.memberId)
    await settle()
    await clock.advance(0)
    const joined = await joining
    expect(joined).toMatchObject({ errorCode: 0, generationId: 1, protocolType: 'consumer', protocolName: 'range', leader: asked.memberId })
    expect(joined.members.map(({ memberId, metadata }) => [memberId, decodeSubscription(metadata).topics])).toEqual([
      [asked.memberId, ['t']],
    ])
  })

  it('takes a member of an old version at once', async () => {
    const joining = join(client(0), 'g', '', { version: 3 })
    await settle()
    await clock.advance(0)
    expect(await joining).toMatchObject({ errorCode: 0, generationId: 1, protocolName: 'range' })
  })

  it.each(Array.from({ length: 10 }, (_, version) => version))('is entered in version %i', async (version) => {
    const entering = enter(client(0), 'g', { version, rebalanceTimeoutMs: version === 0 ? -1 : 60_000 })
    await settle()
    await clock.advance(0)
    await settle()
    const joined = await entering
    expect(joined).toMatchObject({ errorCode: 0, generationId: 1, leader: joined.memberId })
  })

  it('forgets an id that nobody comes back with', async () => {
    const asked = await join(client(0), 'g')
    await clock.advance(10_000)
    expect(nameOf((await join(client(0), 'g', asked.memberId)).errorCode)).toBe('UNKNOWN_MEMBER_ID')
  })

  it('refuses who can not be a member', async () => {
    await alone()
    const code = async (...args: [groupId: string, memberId?: string, extras?: Parameters<typeof join>[3]]) => {
      return nameOf((await join(client(1), ...args)).errorCode)
    }
    expect(await code('')).toBe('INVALID_GROUP_ID')
    expect(await code('g', '', { sessionTimeoutMs: 5999 })).toBe('INVALID_SESSION_TIMEOUT')
    expect(await code('g', '', { sessionTimeoutMs: 1_800_001 })).toBe('INVALID_SESSION_TIMEOUT')
    expect(await code('g', 'stranger')).toBe('UNKNOWN_MEMBER_ID')
    expect(await code('other', 'stranger')).toBe('UNKNOWN_MEMBER_ID')
    expect(await code('g', '', { protocolType: 'connect' })).toBe('INCONSISTENT_GROUP_PROTOCOL')
    expect(await code('g', '', { protocols: ['roundrobin'] })).toBe('INCONSISTENT_GROUP_PROTOCOL')
    expect(await code('other', '', { protocols: [] })).toBe('INCONSISTENT_GROUP_PROTOCOL')
    expect(await code('other', '', { protocolType: '' })).toBe('INCONSISTENT_GROUP_PROTOCOL')
  })

  it('hands every member what the leader gave it', async () => {
    const { first, second } = await pair()
    expect([first.generationId, second.generationId]).toEqual([2, 2])
    expect([first.members.length, second.members.length]).toEqual([2, 0])
    expect(second.leader).toBe(first.memberId)
    expect((await sync(client(1), 'g', second)).assignment.toString()).toBe('two')
    expect(await heartbeat(client(1), 'g', second)).toBe(0)
  })

  it('gives a member that the leader left out nothing', async () => {
    const member = await alone()
    const again = await join(client(0), 'g', member.memberId)
    const synced = await sync(client(0), 'g', again, { stranger: 'all' })
    expect([synced.errorCode, synced.assignment.length]).toEqual([0, 0])
  })

  it('tells everybody of a rebalance, and lets them in together', async () => {
    const { first, second } = await pair()
    const third = enter(client(2), 'g')
    await settle()
    expect(nameOf(await heartbeat(client(0), 'g', first))).toBe('REBALANCE_IN_PROGRESS')
    expect(nameOf((await sync(client(0), 'g', first)).errorCode)).toBe('REBALANCE_IN_PROGRESS')
    expect(nameOf(await commit(client(0), 'g', 't', 0, 5, first))).toBe('NONE')
    const joins = [join(client(0), 'g', first.memberId), join(client(1), 'g', second.memberId)]
    const joined = await Promise.all([...joins, third])
    expect(joined.map(({ errorCode, generationId, members }) => [errorCode, generationId, members.length])).toEqual([
      [0, 3, 3],
      [0, 3, 0],
      [0, 3, 0],
    ])
    const syncs = [sync(client(1), 'g', joined[1]!), sync(client(2), 'g', joined[2]!)]
    await settle()
    const assignments = Object.fromEntries(joined.map(({ memberId }, i) => [memberId, `part ${i}`]))
    const leader = await sync(client(0), 'g', joined[0]!, assignments)
    expect([leader, ...(await Promise.all(syncs))].map(({ assignment }) => assignment.toString())).toEqual(['part 0', 'part 1', 'part 2'])
  })

  it('takes the assignor that all know and most prefer', async () => {
    const sticky = { protocols: ['sticky', 'range'] }
    const first = await alone({ protocols: ['range', 'sticky', 'own'] })
    const second = enter(client(1), 'g', sticky)
    const third = enter(client(2), 'g', sticky)
    await settle()
    const joined = await join(client(0), 'g', first.memberId, { protocols: ['range', 'sticky', 'own'] })
    expect(joined.protocolName).toBe('sticky')
    await Promise.all([second, third])
  })

  it('checks who sends SyncGroup, and for what', async () => {
    const member = await alone()
    const code = async (over: Partial<{ memberId: string; generationId: number }>, group = 'g') => {
      return nameOf((await sync(client(0), group, { ...member, ...over })).errorCode)
    }
    expect(await code({ generationId: 9 })).toBe('ILLEGAL_GENERATION')
    expect(await code({ memberId: 'stranger' })).toBe('UNKNOWN_MEMBER_ID')
    expect(await code({}, 'none')).toBe('UNKNOWN_MEMBER_ID')
    expect(await code({}, '')).toBe('INVALID_GROUP_ID')
  })

  it('checks who sends a heartbeat', async () => {
    const member = await alone()
    const code = async (over: Partial<{ memberId: string; generationId: number }>, group = 'g') => {
      return nameOf(await heartbeat(client(0), group, { ...member, ...over }))
    }
    expect(await code({})).toBe('NONE')
    expect(await code({ generationId: 0 })).toBe('ILLEGAL_GENERATION')
    expect(await code({ memberId: 'stranger' })).toBe('UNKNOWN_MEMBER_ID')
    expect(await code({}, 'none')).toBe('UNKNOWN_MEMBER_ID')
    expect(await code({}, '')).toBe('INVALID_GROUP_ID')
    expect(nameOf(await heartbeat(client(0), 'g', member, 'instance'))).toBe('UNKNOWN_MEMBER_ID')
  })

  it('answers a member that missed its answer again, and starts anew when the leader joins', async () => {
    const { first, second } = await pair()
    expect(await join(client(1), 'g', second.memberId)).toMatchObject({ errorCode: 0, generationId: 2, members: [] })
    const leading = join(client(0), 'g', first.memberId)
    await settle()
    expect(nameOf(await heartbeat(client(1), 'g', second))).toBe('REBALANCE_IN_PROGRESS')
    const following = await join(client(1), 'g', second.memberId)
    expect(following.generationId).toBe(3)
    expect((await leading).generationId).toBe(3)
  })

  it('starts anew when a member says something else', async () => {
    const { first, second } = await pair()
    const changed = join(client(1), 'g', second.memberId, { topics: ['t', 'u'] })
    await settle()
    expect(nameOf(await heartbeat(client(0), 'g', first))).toBe('REBALANCE_IN_PROGRESS')
    const leader = await join(client(0), 'g', first.memberId)
    expect(leader.members.map(({ metadata }) => decodeSubscription(metadata).topics.length).sort()).toEqual([1, 2])
    expect((await changed).generationId).toBe(3)
  })

  it('takes no more members than it may have', async () => {
    await kafka.close()
    await start({ groupMaxSize: 1, groupMinSessionTimeoutMs: 100, groupMaxSessionTimeoutMs: 500 })
    const first = await alone({ sessionTimeoutMs: 500 })
    const refused = await join(client(1), 'g', '', { sessionTimeoutMs: 500 })
    expect([nameOf(refused.errorCode), refused.memberId]).toEqual(['GROUP_MAX_SIZE_REACHED', ''])
    const old = await join(client(1), 'g', '', { sessionTimeoutMs: 500, version: 3 })
    expect(nameOf(old.errorCode)).toBe('GROUP_MAX_SIZE_REACHED')
    expect(await heartbeat(client(0), 'g', first)).toBe(0)
    expect((await join(client(0), 'g', first.memberId, { sessionTimeoutMs: 500 })).errorCode).toBe(0)
    expect(nameOf((await join(client(1), 'other', '', { sessionTimeoutMs: 501 })).errorCode)).toBe('INVALID_SESSION_TIMEOUT')
    await clock.advance(500)
    expect(nameOf(await heartbeat(client(0), 'g', first))).toBe('UNKNOWN_MEMBER_ID')
  })

  it('lets in those who come first when there is not room for all', async () => {
    await kafka.close()
    await start({ groupMaxSize: 1, groupInitialRebalanceDelayMs: 1000 })
    const first = enter(client(0), 'g')
    await settle()
    expect(nameOf((await enter(client(1), 'g')).errorCode)).toBe('GROUP_MAX_SIZE_REACHED')
    await clock.advance(1000)
    expect(await first).toMatchObject({ errorCode: 0, generationId: 1, members: [{}] })
  })

  it('waits for more members as long as it is told to', async () => {
    await kafka.close()
    await start({ groupInitialRebalanceDelayMs: 3000 })
    const one = enter(client(0), 'g')
    await settle()
    await clock.advance(2000)
    const two = enter(client(1), 'g')
    await settle()
    // The one that came meanwhile makes the group wait once more.
    await clock.advance(3999)
    await clock.advance(1)
    const joined = await Promise.all([one, two])
    expect(joined.map(({ generationId, members }) => [generationId, members.length])).toEqual([
      [1, 2],
      [1, 0],
    ])
  })

  describe('loses members', () => {
    it('that are silent for their session timeout', async () => {
      const { first, second } = await pair()
      await clock.advance(9_000)
      expect(await heartbeat(client(0), 'g', first)).toBe(0)
      await clock.advance(1_000)
      expect(nameOf(await heartbeat(client(1), 'g', second))).toBe('UNKNOWN_MEMBER_ID')
      expect(nameOf(await heartbeat(client(0), 'g', first))).toBe('REBALANCE_IN_PROGRESS')
      expect(await join(client(0), 'g', first.memberId)).toMatchObject({ generationId: 3, members: [{ memberId: first.memberId }] })
    })

    it('but not those who commit', async () => {
      const member = await alone()
      for (let i = 0; i < 3; i++) {
        await clock.advance(9_000)
        expect(await commit(client(0), 'g', 't', 0, i, member)).toBe(0)
      }
    })

    it('that do not join again within the rebalance timeout', async () => {
      const { first, second } = await pair({ rebalanceTimeoutMs: 20_000 })
      const third = enter(client(2), 'g', { rebalanceTimeoutMs: 20_000 })
      const again = join(client(0), 'g', first.memberId, { rebalanceTimeoutMs: 20_000 })
      await settle()
      for (let i = 0; i < 4; i++) {
        expect(nameOf(await heartbeat(client(1), 'g', second))).toBe('REBALANCE_IN_PROGRESS')
        await clock.advance(5_000)
      }
      expect((await again).members).toHaveLength(2)
      expect((await third).generationId).toBe(3)
      expect(nameOf(await heartbeat(client(1), 'g', second))).toBe('UNKNOWN_MEMBER_ID')
    })

    it('that do not send SyncGroup within the rebalance timeout', async () => {
      const first = await alone({ rebalanceTimeoutMs: 8_000 })
      const entering = enter(client(1), 'g', { rebalanceTimeoutMs: 8_000 })
      await settle()
      const again = await join(client(0), 'g', first.memberId, { rebalanceTimeoutMs: 8_000 })
      const second = await entering
      const waiting = sync(client(1), 'g', second)
      await settle()
      await clock.advance(8_000)
      expect(nameOf((await waiting).errorCode)).toBe('REBALANCE_IN_PROGRESS')
      expect(nameOf(await heartbeat(client(0), 'g', again))).toBe('UNKNOWN_MEMBER_ID')
      expect(await join(client(1), 'g', second.memberId)).toMatchObject({ generationId: 3, leader: second.memberId })
    })

    it('that leave, and the others go on', async () => {
      const { first, second } = await pair()
      const left = await client(0).request(LeaveGroup, 5, { groupId: 'g', members: [{ memberId: first.memberId, reason: 'enough' }] })
      expect(left.members).toEqual([{ memberId: first.memberId, groupInstanceId: null, errorCode: 0 }])
      expect(nameOf(await heartbeat(client(1), 'g', second))).toBe('REBALANCE_IN_PROGRESS')
      expect(await join(client(1), 'g', second.memberId)).toMatchObject({ generationId: 3, leader: second.memberId })
    })

    it('until nobody is left', async () => {
      const member = await alone()
      const left = await client(0).request(LeaveGroup, 1, { groupId: 'g', memberId: member.memberId })
      expect(left.errorCode).toBe(0)
      expect(nameOf(await heartbeat(client(0), 'g', member))).toBe('UNKNOWN_MEMBER_ID')
      const entering = enter(client(0), 'g')
      await settle()
      await clock.advance(0)
      await settle()
      expect((await entering).generationId).toBe(3)
    })

    it('that leave while they wait to join', async () => {
      const { first, second } = await pair()
      const joining = join(client(0), 'g', first.memberId)
      await settle()
      await client(2).request(LeaveGroup, 3, { groupId: 'g', members: [{ memberId: first.memberId }] })
      expect(nameOf((await joining).errorCode)).toBe('UNKNOWN_MEMBER_ID')
      expect(await join(client(1), 'g', second.memberId)).toMatchObject({ leader: second.memberId })
    })

    it('and knows who was none', async () => {
      await alone()
      const leave = async (groupId: string, members: { memberId: string; groupInstanceId?: string | null }[]) => {
        const response = await client(0).request(LeaveGroup, 4, { groupId, members })
        return [nameOf(response.errorCode), ...response.members.map(({ errorCode }) => nameOf(errorCode))]
      }
      expect(await leave('', [{ memberId: 'a' }])).toEqual(['INVALID_GROUP_ID'])
      expect(await leave('none', [{ memberId: 'a' }])).toEqual(['NONE', 'UNKNOWN_MEMBER_ID'])
      expect(await leave('g', [{ memberId: 'a' }, { memberId: '' }, { memberId: '', groupInstanceId: 'i' }])).toEqual([
        'NONE',
        'UNKNOWN_MEMBER_ID',
        'UNKNOWN_MEMBER_ID',
        'UNKNOWN_MEMBER_ID',
      ])
    })
  })

  describe('with static members', () => {
    const named = { groupInstanceId: 'one' }

    it('lets one come back under a new id with no rebalance', async () => {
      const member = await alone(named)
      expect(member.memberId).toMatch(/^one-/)
      const back = await join(client(1), 'g', '', named)
      expect(back).toMatchObject({ errorCode: 0, generationId: 1, skipAssignment: true, leader: back.memberId })
      expect(back.memberId).not.toBe(member.memberId)
      expect((await sync(client(1), 'g', back)).assignment.toString()).toBe('all')
      expect(nameOf(await heartbeat(client(0), 'g', member, 'one'))).toBe('FENCED_INSTANCE_ID')
      expect(nameOf(await heartbeat(client(0), 'g', member))).toBe('UNKNOWN_MEMBER_ID')
      expect(nameOf((await join(client(0), 'g', member.memberId, named)).errorCode)).toBe('FENCED_INSTANCE_ID')
      expect(await heartbeat(client(1), 'g', back, 'one')).toBe(0)
    })

    it('tells an old client who led before, so that it does not assign', async () => {
      const member = await alone(named)
      const back = await join(client(1), 'g', '', { ...named, version: 8 })
      expect(back).toMatchObject({ errorCode: 0, leader: member.memberId, members: [], skipAssignment: false })
    })

    it('keeps one over a rebalance that it misses, until its session ends', async () => {
      const member = await alone({ ...named, sessionTimeoutMs: 60_000, rebalanceTimeoutMs: 20_000 })
      const dynamic = enter(client(1), 'g', { sessionTimeoutMs: 60_000, rebalanceTimeoutMs: 20_000 })
      await settle()
      await clock.advance(20_000)
      const joined = await dynamic
      expect(joined.leader).toBe(joined.memberId)
      expect(joined.members.map(({ groupInstanceId }) => groupInstanceId)).toEqual(['one', null])
      expect(await heartbeat(client(0), 'g', { memberId: member.memberId, generationId: 2 }, 'one')).toBe(0)
    })

    it('fences the former one in the middle of what it does', async () => {
      const member = await alone(named)
      const second = enter(client(2), 'g')
      const joining = join(client(0), 'g', member.memberId, named)
      const both = await Promise.all([joining, second])
      const syncing = sync(client(2), 'g', both[1])
      await settle()
      const back = join(client(1), 'g', '', named)
      expect(nameOf((await syncing).errorCode)).toBe('REBALANCE_IN_PROGRESS')
      const again = await join(client(2), 'g', both[1].memberId)
      expect(again.generationId).toBe(3)
      expect((await back).generationId).toBe(3)
    })

    it('removes one by its name', async () => {
      const member = await alone(named)
      const left = await client(0).request(LeaveGroup, 3, { groupId: 'g', members: [{ memberId: '', groupInstanceId: 'one' }] })
      expect(left.members).toEqual([{ memberId: '', groupInstanceId: 'one', errorCode: 0 }])
      expect(nameOf(await heartbeat(client(0), 'g', member))).toBe('UNKNOWN_MEMBER_ID')
    })
  })

  describe('whose coordinator moves', () => {
    beforeEach(async () => {
      await kafka.close()
      await start({ brokers: 2 })
      kafka.moveCoordinator('g', 1)
    })

    it('keeps its members and generation', async () => {
      const { first, second } = await pair()
      kafka.moveCoordinator('g', 2)
      expect(kafka.coordinatorOf('g')).toBe(2)
      expect(nameOf(await heartbeat(client(0), 'g', first))).toBe('NOT_COORDINATOR')
      const elsewhere = await RawClient.connect(kafka, 2)
      expect(await heartbeat(elsewhere, 'g', first)).toBe(0)
      expect((await sync(elsewhere, 'g', second)).assignment.toString()).toBe('two')
      await clock.advance(10_000)
      expect(nameOf(await heartbeat(elsewhere, 'g', first))).toBe('UNKNOWN_MEMBER_ID')
    })

    it('loses the rebalance that was under way', async () => {
      const { first } = await pair()
      const third = enter(client(2), 'g')
      const joining = join(client(0), 'g', first.memberId)
      await settle()
      kafka.moveCoordinator('g', 2)
      expect(nameOf((await joining).errorCode)).toBe('NOT_COORDINATOR')
      expect(nameOf((await third).errorCode)).toBe('NOT_COORDINATOR')
      const elsewhere = await RawClient.connect(kafka, 2)
      expect(await heartbeat(elsewhere, 'g', first)).toBe(0)
    })

    it('is refused by every other broker, in every request', async () => {
      const other = await RawClient.connect(kafka, 2)
      const nobody = { memberId: '', generationId: -1 }
      expect(nameOf((await join(other, 'g')).errorCode)).toBe('NOT_COORDINATOR')
      expect(nameOf((await sync(other, 'g', nobody)).errorCode)).toBe('NOT_COORDINATOR')
      expect(nameOf(await heartbeat(other, 'g', nobody))).toBe('NOT_COORDINATOR')
      expect(nameOf(await commit(other, 'g', 't', 0, 1))).toBe('NOT_COORDINATOR')
      expect(nameOf((await other.request(LeaveGroup, 4, { groupId: 'g', members: [] })).errorCode)).toBe('NOT_COORDINATOR')
      const old = await other.request(JoinGroup, 6, {
        groupId: 'g',
        memberId: '',
        sessionTimeoutMs: 10_000,
        protocolType: 'consumer',
        protocols: [],
      })
      expect([nameOf(old.errorCode), old.protocolName]).toEqual(['NOT_COORDINATOR', ''])
    })
  })
})
