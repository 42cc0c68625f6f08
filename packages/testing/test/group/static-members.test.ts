import { LeaveGroup } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { classicMembers } from '../support/classic-members.ts'
import { nameOf } from '../support/codes.ts'
import { settle } from '../support/manual-clock.ts'
import { enter, heartbeat, join, sync } from '../support/requests.ts'

describe('a classic group with static members', () => {
  const group = classicMembers()

  const named = { groupInstanceId: 'one' }

  it('lets one come back under a new id with no rebalance', async () => {
    const member = await group.alone(named)
    expect(member.memberId).toMatch(/^one-/)
    const back = await join(group.client(1), 'g', '', named)
    expect(back).toMatchObject({ errorCode: 0, generationId: 1, skipAssignment: true, leader: back.memberId })
    expect(back.memberId).not.toBe(member.memberId)
    expect((await sync(group.client(1), 'g', back)).assignment.toString()).toBe('all')
    expect(nameOf(await heartbeat(group.client(0), 'g', member, 'one'))).toBe('FENCED_INSTANCE_ID')
    expect(nameOf(await heartbeat(group.client(0), 'g', member))).toBe('UNKNOWN_MEMBER_ID')
    expect(nameOf((await join(group.client(0), 'g', member.memberId, named)).errorCode)).toBe('FENCED_INSTANCE_ID')
    expect(await heartbeat(group.client(1), 'g', back, 'one')).toBe(0)
  })

  it('tells an old client who led before, so that it does not assign', async () => {
    const member = await group.alone(named)
    const back = await join(group.client(1), 'g', '', { ...named, version: 8 })
    expect(back).toMatchObject({ errorCode: 0, leader: member.memberId, members: [], skipAssignment: false })
  })

  it('keeps one over a rebalance that it misses, until its session ends', async () => {
    const member = await group.alone({ ...named, sessionTimeoutMs: 60_000, rebalanceTimeoutMs: 20_000 })
    const dynamic = enter(group.client(1), 'g', { sessionTimeoutMs: 60_000, rebalanceTimeoutMs: 20_000 })
    await settle()
    await group.clock.advance(20_000)
    const joined = await dynamic
    expect(joined.leader).toBe(joined.memberId)
    expect(joined.members.map(({ groupInstanceId }) => groupInstanceId)).toEqual(['one', null])
    expect(await heartbeat(group.client(0), 'g', { memberId: member.memberId, generationId: 2 }, 'one')).toBe(0)
  })

  it('fences the former one in the middle of what it does', async () => {
    const member = await group.alone(named)
    const second = enter(group.client(2), 'g')
    const joining = join(group.client(0), 'g', member.memberId, named)
    const both = await Promise.all([joining, second])
    const syncing = sync(group.client(2), 'g', both[1])
    await settle()
    const back = join(group.client(1), 'g', '', named)
    expect(nameOf((await syncing).errorCode)).toBe('REBALANCE_IN_PROGRESS')
    const again = await join(group.client(2), 'g', both[1].memberId)
    expect(again.generationId).toBe(3)
    expect((await back).generationId).toBe(3)
  })

  it('removes one by its name', async () => {
    const member = await group.alone(named)
    const left = await group.client(0).request(LeaveGroup, 3, { groupId: 'g', members: [{ memberId: '', groupInstanceId: 'one' }] })
    expect(left.members).toEqual([{ memberId: '', groupInstanceId: 'one', errorCode: 0 }])
    expect(nameOf(await heartbeat(group.client(0), 'g', member))).toBe('UNKNOWN_MEMBER_ID')
  })
})
