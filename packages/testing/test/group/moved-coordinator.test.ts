import { JoinGroup, LeaveGroup } from '@k/protocol'
import { beforeEach, describe, expect, it } from 'vitest'
import { classicMembers } from '../support/classic-members.ts'
import { nameOf } from '../support/codes.ts'
import { settle } from '../support/manual-clock.ts'
import { RawClient } from '../support/raw-client.ts'
import { commit, enter, heartbeat, join, sync } from '../support/requests.ts'

describe('a classic group whose coordinator moves', () => {
  const group = classicMembers()

  beforeEach(async () => {
    await group.restart({ brokers: 2 })
    group.kafka.moveCoordinator('g', 1)
  })

  it('keeps its members and generation', async () => {
    const { first, second } = await group.pair()
    group.kafka.moveCoordinator('g', 2)
    expect(group.kafka.coordinatorOf('g')).toBe(2)
    expect(nameOf(await heartbeat(group.client(0), 'g', first))).toBe('NOT_COORDINATOR')
    const elsewhere = await RawClient.connect(group.kafka, 2)
    expect(await heartbeat(elsewhere, 'g', first)).toBe(0)
    expect((await sync(elsewhere, 'g', second)).assignment.toString()).toBe('two')
    await group.clock.advance(10_000)
    expect(nameOf(await heartbeat(elsewhere, 'g', first))).toBe('UNKNOWN_MEMBER_ID')
  })

  it('loses the rebalance that was under way', async () => {
    const { first } = await group.pair()
    const third = enter(group.client(2), 'g')
    const joining = join(group.client(0), 'g', first.memberId)
    await settle()
    group.kafka.moveCoordinator('g', 2)
    expect(nameOf((await joining).errorCode)).toBe('NOT_COORDINATOR')
    expect(nameOf((await third).errorCode)).toBe('NOT_COORDINATOR')
    const elsewhere = await RawClient.connect(group.kafka, 2)
    expect(await heartbeat(elsewhere, 'g', first)).toBe(0)
  })

  it('is refused by every other broker, in every request', async () => {
    const other = await RawClient.connect(group.kafka, 2)
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
