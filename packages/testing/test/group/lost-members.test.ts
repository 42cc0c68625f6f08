import { LeaveGroup } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { classicMembers } from '../support/classic-members.ts'
import { nameOf } from '../support/codes.ts'
import { settle } from '../support/manual-clock.ts'
import { commit, enter, heartbeat, join, sync } from '../support/requests.ts'

describe('a classic group loses members', () => {
  const group = classicMembers()

  it('that are silent for their session timeout', async () => {
    const { first, second } = await group.pair()
    await group.clock.advance(9_000)
    expect(await heartbeat(group.client(0), 'g', first)).toBe(0)
    await group.clock.advance(1_000)
    expect(nameOf(await heartbeat(group.client(1), 'g', second))).toBe('UNKNOWN_MEMBER_ID')
    expect(nameOf(await heartbeat(group.client(0), 'g', first))).toBe('REBALANCE_IN_PROGRESS')
    expect(await join(group.client(0), 'g', first.memberId)).toMatchObject({ generationId: 3, members: [{ memberId: first.memberId }] })
  })

  it('but not those who commit', async () => {
    const member = await group.alone()
    for (let i = 0; i < 3; i++) {
      await group.clock.advance(9_000)
      expect(await commit(group.client(0), 'g', 't', 0, i, member)).toBe(0)
    }
  })

  it('that do not join again within the rebalance timeout', async () => {
    const { first, second } = await group.pair({ rebalanceTimeoutMs: 20_000 })
    const third = enter(group.client(2), 'g', { rebalanceTimeoutMs: 20_000 })
    const again = join(group.client(0), 'g', first.memberId, { rebalanceTimeoutMs: 20_000 })
    await settle()
    for (let i = 0; i < 4; i++) {
      expect(nameOf(await heartbeat(group.client(1), 'g', second))).toBe('REBALANCE_IN_PROGRESS')
      await group.clock.advance(5_000)
    }
    expect((await again).members).toHaveLength(2)
    expect((await third).generationId).toBe(3)
    expect(nameOf(await heartbeat(group.client(1), 'g', second))).toBe('UNKNOWN_MEMBER_ID')
  })

  it('that do not send SyncGroup within the rebalance timeout', async () => {
    const first = await group.alone({ rebalanceTimeoutMs: 8_000 })
    const entering = enter(group.client(1), 'g', { rebalanceTimeoutMs: 8_000 })
    await settle()
    const again = await join(group.client(0), 'g', first.memberId, { rebalanceTimeoutMs: 8_000 })
    const second = await entering
    const waiting = sync(group.client(1), 'g', second)
    await settle()
    await group.clock.advance(8_000)
    expect(nameOf((await waiting).errorCode)).toBe('REBALANCE_IN_PROGRESS')
    expect(nameOf(await heartbeat(group.client(0), 'g', again))).toBe('UNKNOWN_MEMBER_ID')
    expect(await join(group.client(1), 'g', second.memberId)).toMatchObject({ generationId: 3, leader: second.memberId })
  })

  it('that leave, and the others go on', async () => {
    const { first, second } = await group.pair()
    const left = await group.client(0).request(LeaveGroup, 5, { groupId: 'g', members: [{ memberId: first.memberId, reason: 'enough' }] })
    expect(left.members).toEqual([{ memberId: first.memberId, groupInstanceId: null, errorCode: 0 }])
    expect(nameOf(await heartbeat(group.client(1), 'g', second))).toBe('REBALANCE_IN_PROGRESS')
    expect(await join(group.client(1), 'g', second.memberId)).toMatchObject({ generationId: 3, leader: second.memberId })
  })

  it('until nobody is left', async () => {
    const member = await group.alone()
    const left = await group.client(0).request(LeaveGroup, 1, { groupId: 'g', memberId: member.memberId })
    expect(left.errorCode).toBe(0)
    expect(nameOf(await heartbeat(group.client(0), 'g', member))).toBe('UNKNOWN_MEMBER_ID')
    const entering = enter(group.client(0), 'g')
    await settle()
    await group.clock.advance(0)
    await settle()
    expect((await entering).generationId).toBe(3)
  })

  it('that leave while they wait to join', async () => {
    const { first, second } = await group.pair()
    const joining = join(group.client(0), 'g', first.memberId)
    await settle()
    await group.client(2).request(LeaveGroup, 3, { groupId: 'g', members: [{ memberId: first.memberId }] })
    expect(nameOf((await joining).errorCode)).toBe('UNKNOWN_MEMBER_ID')
    expect(await join(group.client(1), 'g', second.memberId)).toMatchObject({ leader: second.memberId })
  })

  it('and knows who was none', async () => {
    await group.alone()
    const leave = async (groupId: string, members: { memberId: string; groupInstanceId?: string | null }[]) => {
      const response = await group.client(0).request(LeaveGroup, 4, { groupId, members })
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
