import { describe, expect, it } from 'vitest'
import { nameOf } from '../support/codes.ts'
import { consumerGroupMembers } from '../support/consumer-group-members.ts'

describe('a consumer group with static members', () => {
  const group = consumerGroupMembers()

  it('keeps what belongs to one that is away, and gives it back', async () => {
    const [first, again, other] = [group.member('first', 'i'), group.member('again', 'i'), group.member('other')]
    await first.join()
    expect(await first.heartbeat({ memberEpoch: -2 })).toMatchObject({ errorCode: 0, memberEpoch: -2 })
    await other.join()
    expect(other.partitions).toEqual([])
    expect(await again.join()).toMatchObject({ errorCode: 0 })
    expect(again.partitions).toEqual([0, 1])
    await again.acknowledge()
    await other.heartbeat()
    expect(other.partitions).toEqual([2])
    expect(group.kafka.group('g')?.members.map(({ memberId, groupInstanceId }) => [memberId, groupInstanceId])).toEqual([
      ['other', null],
      ['again', 'i'],
    ])
    const { errorCode, errorMessage } = await first.heartbeat({ memberEpoch: 2 })
    expect([nameOf(errorCode), errorMessage]).toEqual([
      'FENCED_INSTANCE_ID',
      'Static member first with instance id i was fenced by member again.',
    ])
  })

  it('gives a name to nobody while its owner is there', async () => {
    const [first, second] = [group.member('first', 'i'), group.member('second', 'i')]
    await first.join()
    const { errorCode, errorMessage } = await second.join()
    expect([nameOf(errorCode), errorMessage]).toEqual([
      'UNRELEASED_INSTANCE_ID',
      'Static member second with instance id i cannot join the group because the instance id is owned by first member.',
    ])
    expect((await first.heartbeat()).errorCode).toBe(0)
    expect(nameOf((await first.join()).errorCode)).toBe('UNRELEASED_INSTANCE_ID')
  })

  it('waits for one that is away no longer than its session', async () => {
    const [first, other] = [group.member('first', 'i'), group.member('other')]
    await first.join()
    await first.heartbeat({ memberEpoch: -2 })
    await group.clock.advance(30_000)
    await other.join()
    await group.clock.advance(15_000)
    await other.heartbeat()
    expect(other.partitions).toEqual([0, 1, 2])
  })

  it('knows who was none', async () => {
    const first = group.member('first', 'i')
    await first.join()
    const { errorCode, errorMessage } = await group.member('x', 'other').heartbeat({ memberEpoch: 2 })
    expect([nameOf(errorCode), errorMessage]).toEqual(['UNKNOWN_MEMBER_ID', 'Instance id other is unknown.'])
    expect(nameOf((await group.member('x', 'i').leave()).errorCode)).toBe('FENCED_INSTANCE_ID')
    expect((await first.leave()).errorCode).toBe(0)
    expect(group.kafka.group('g')).toMatchObject({ state: 'Empty', members: [] })
  })
})
