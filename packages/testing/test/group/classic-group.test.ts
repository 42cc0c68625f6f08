import { decodeSubscription } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { classicMembers } from '../support/classic-members.ts'
import { nameOf } from '../support/codes.ts'
import { settle } from '../support/manual-clock.ts'
import { commit, enter, heartbeat, join, sync } from '../support/requests.ts'

describe('a classic group', () => {
  const group = classicMembers()

  it('asks a new member to come back with the id that it gives', async () => {
    const asked = await join(group.client(0), 'g')
    expect([nameOf(asked.errorCode), asked.generationId, asked.protocolName]).toEqual(['MEMBER_ID_REQUIRED', -1, null])
    expect(asked.memberId).toMatch(/^raw-[0-9a-f-]{36}$/)
    const joining = join(group.client(0), 'g', asked.memberId)
    await settle()
    await group.clock.advance(0)
    const joined = await joining
    expect(joined).toMatchObject({ errorCode: 0, generationId: 1, protocolType: 'consumer', protocolName: 'range', leader: asked.memberId })
    expect(joined.members.map(({ memberId, metadata }) => [memberId, decodeSubscription(metadata).topics])).toEqual([
      [asked.memberId, ['t']],
    ])
  })

  it('takes a member of an old version at once', async () => {
    const joining = join(group.client(0), 'g', '', { version: 3 })
    await settle()
    await group.clock.advance(0)
    expect(await joining).toMatchObject({ errorCode: 0, generationId: 1, protocolName: 'range' })
  })

  it.each(Array.from({ length: 10 }, (_, version) => version))('is entered in version %i', async (version) => {
    const entering = enter(group.client(0), 'g', { version, rebalanceTimeoutMs: version === 0 ? -1 : 60_000 })
    await settle()
    await group.clock.advance(0)
    await settle()
    const joined = await entering
    expect(joined).toMatchObject({ errorCode: 0, generationId: 1, leader: joined.memberId })
  })

  it('forgets an id that nobody comes back with', async () => {
    const asked = await join(group.client(0), 'g')
    await group.clock.advance(10_000)
    expect(nameOf((await join(group.client(0), 'g', asked.memberId)).errorCode)).toBe('UNKNOWN_MEMBER_ID')
  })

  it('refuses who can not be a member', async () => {
    await group.alone()
    const code = async (...args: [groupId: string, memberId?: string, extras?: Parameters<typeof join>[3]]) => {
      return nameOf((await join(group.client(1), ...args)).errorCode)
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
    const { first, second } = await group.pair()
    expect([first.generationId, second.generationId]).toEqual([2, 2])
    expect([first.members.length, second.members.length]).toEqual([2, 0])
    expect(second.leader).toBe(first.memberId)
    expect((await sync(group.client(1), 'g', second)).assignment.toString()).toBe('two')
    expect(await heartbeat(group.client(1), 'g', second)).toBe(0)
  })

  it('gives a member that the leader left out nothing', async () => {
    const member = await group.alone()
    const again = await join(group.client(0), 'g', member.memberId)
    const synced = await sync(group.client(0), 'g', again, { stranger: 'all' })
    expect([synced.errorCode, synced.assignment.length]).toEqual([0, 0])
  })

  it('tells everybody of a rebalance, and lets them in together', async () => {
    const { first, second } = await group.pair()
    const third = enter(group.client(2), 'g')
    await settle()
    expect(nameOf(await heartbeat(group.client(0), 'g', first))).toBe('REBALANCE_IN_PROGRESS')
    expect(nameOf((await sync(group.client(0), 'g', first)).errorCode)).toBe('REBALANCE_IN_PROGRESS')
    expect(nameOf(await commit(group.client(0), 'g', 't', 0, 5, first))).toBe('NONE')
    const joins = [join(group.client(0), 'g', first.memberId), join(group.client(1), 'g', second.memberId)]
    const joined = await Promise.all([...joins, third])
    expect(joined.map(({ errorCode, generationId, members }) => [errorCode, generationId, members.length])).toEqual([
      [0, 3, 3],
      [0, 3, 0],
      [0, 3, 0],
    ])
    const syncs = [sync(group.client(1), 'g', joined[1]!), sync(group.client(2), 'g', joined[2]!)]
    await settle()
    const assignments = Object.fromEntries(joined.map(({ memberId }, i) => [memberId, `part ${i}`]))
    const leader = await sync(group.client(0), 'g', joined[0]!, assignments)
    expect([leader, ...(await Promise.all(syncs))].map(({ assignment }) => assignment.toString())).toEqual(['part 0', 'part 1', 'part 2'])
  })

  it('takes the assignor that all know and most prefer', async () => {
    const sticky = { protocols: ['sticky', 'range'] }
    const first = await group.alone({ protocols: ['range', 'sticky', 'own'] })
    const second = enter(group.client(1), 'g', sticky)
    const third = enter(group.client(2), 'g', sticky)
    await settle()
    const joined = await join(group.client(0), 'g', first.memberId, { protocols: ['range', 'sticky', 'own'] })
    expect(joined.protocolName).toBe('sticky')
    await Promise.all([second, third])
  })

  it('checks who sends SyncGroup, and for what', async () => {
    const member = await group.alone()
    const code = async (over: Partial<{ memberId: string; generationId: number }>, groupId = 'g') => {
      return nameOf((await sync(group.client(0), groupId, { ...member, ...over })).errorCode)
    }
    expect(await code({ generationId: 9 })).toBe('ILLEGAL_GENERATION')
    expect(await code({ memberId: 'stranger' })).toBe('UNKNOWN_MEMBER_ID')
    expect(await code({}, 'none')).toBe('UNKNOWN_MEMBER_ID')
    expect(await code({}, '')).toBe('INVALID_GROUP_ID')
  })

  it('checks who sends a heartbeat', async () => {
    const member = await group.alone()
    const code = async (over: Partial<{ memberId: string; generationId: number }>, groupId = 'g') => {
      return nameOf(await heartbeat(group.client(0), groupId, { ...member, ...over }))
    }
    expect(await code({})).toBe('NONE')
    expect(await code({ generationId: 0 })).toBe('ILLEGAL_GENERATION')
    expect(await code({ memberId: 'stranger' })).toBe('UNKNOWN_MEMBER_ID')
    expect(await code({}, 'none')).toBe('UNKNOWN_MEMBER_ID')
    expect(await code({}, '')).toBe('INVALID_GROUP_ID')
    expect(nameOf(await heartbeat(group.client(0), 'g', member, 'instance'))).toBe('UNKNOWN_MEMBER_ID')
  })

  it('answers a member that missed its answer again, and starts anew when the leader joins', async () => {
    const { first, second } = await group.pair()
    expect(await join(group.client(1), 'g', second.memberId)).toMatchObject({ errorCode: 0, generationId: 2, members: [] })
    const leading = join(group.client(0), 'g', first.memberId)
    await settle()
    expect(nameOf(await heartbeat(group.client(1), 'g', second))).toBe('REBALANCE_IN_PROGRESS')
    const following = await join(group.client(1), 'g', second.memberId)
    expect(following.generationId).toBe(3)
    expect((await leading).generationId).toBe(3)
  })

  it('starts anew when a member says something else', async () => {
    const { first, second } = await group.pair()
    const changed = join(group.client(1), 'g', second.memberId, { topics: ['t', 'u'] })
    await settle()
    expect(nameOf(await heartbeat(group.client(0), 'g', first))).toBe('REBALANCE_IN_PROGRESS')
    const leader = await join(group.client(0), 'g', first.memberId)
    expect(leader.members.map(({ metadata }) => decodeSubscription(metadata).topics.length).sort()).toEqual([1, 2])
    expect((await changed).generationId).toBe(3)
  })

  it('takes no more members than it may have', async () => {
    await group.kafka.close()
    await group.start({ groupMaxSize: 1, groupMinSessionTimeoutMs: 100, groupMaxSessionTimeoutMs: 500 })
    const first = await group.alone({ sessionTimeoutMs: 500 })
    const refused = await join(group.client(1), 'g', '', { sessionTimeoutMs: 500 })
    expect([nameOf(refused.errorCode), refused.memberId]).toEqual(['GROUP_MAX_SIZE_REACHED', ''])
    const old = await join(group.client(1), 'g', '', { sessionTimeoutMs: 500, version: 3 })
    expect(nameOf(old.errorCode)).toBe('GROUP_MAX_SIZE_REACHED')
    expect(await heartbeat(group.client(0), 'g', first)).toBe(0)
    expect((await join(group.client(0), 'g', first.memberId, { sessionTimeoutMs: 500 })).errorCode).toBe(0)
    expect(nameOf((await join(group.client(1), 'other', '', { sessionTimeoutMs: 501 })).errorCode)).toBe('INVALID_SESSION_TIMEOUT')
    await group.clock.advance(500)
    expect(nameOf(await heartbeat(group.client(0), 'g', first))).toBe('UNKNOWN_MEMBER_ID')
  })

  it('lets in those who come first when there is not room for all', async () => {
    await group.kafka.close()
    await group.start({ groupMaxSize: 1, groupInitialRebalanceDelayMs: 1000 })
    const first = enter(group.client(0), 'g')
    await settle()
    expect(nameOf((await enter(group.client(1), 'g')).errorCode)).toBe('GROUP_MAX_SIZE_REACHED')
    await group.clock.advance(1000)
    expect(await first).toMatchObject({ errorCode: 0, generationId: 1, members: [{}] })
  })

  it('waits for more members as long as it is told to', async () => {
    await group.kafka.close()
    await group.start({ groupInitialRebalanceDelayMs: 3000 })
    const one = enter(group.client(0), 'g')
    await settle()
    await group.clock.advance(2000)
    const two = enter(group.client(1), 'g')
    await settle()
    // The one that came meanwhile makes the group wait once more.
    await group.clock.advance(3999)
    await group.clock.advance(1)
    const joined = await Promise.all([one, two])
    expect(joined.map(({ generationId, members }) => [generationId, members.length])).toEqual([
      [1, 2],
      [1, 0],
    ])
  })
})
