import { describe, expect, it } from 'vitest'
import { nameOf } from '../support/codes.ts'
import { consumerGroupMembers } from '../support/consumer-group-members.ts'

describe('a consumer group fences', () => {
  const group = consumerGroupMembers()

  const codeOf = async (answer: Promise<{ errorCode: number }>) => nameOf((await answer).errorCode)

  it('who is in an epoch that the group has not reached, or has left', async () => {
    const [a] = await group.pair()
    expect(await codeOf(a.heartbeat({ memberEpoch: 4 }))).toBe('FENCED_MEMBER_EPOCH')
    expect(await codeOf(a.heartbeat({ memberEpoch: 1, topicPartitions: [] }))).toBe('FENCED_MEMBER_EPOCH')
  })

  it('nobody who may have missed the last answer, if it holds nothing that was taken from it', async () => {
    const [a, b] = [group.member('a'), group.member('b')]
    await a.join()
    const all = Object.keys(a.assignment).map((topicId) => ({ topicId, partitions: [0, 1, 2] }))
    await b.join()
    await a.heartbeat()
    await a.acknowledge()
    expect(await codeOf(a.heartbeat({ memberEpoch: 2, topicPartitions: all }))).toBe('FENCED_MEMBER_EPOCH')
    expect(await codeOf(a.heartbeat({ memberEpoch: 2 }))).toBe('FENCED_MEMBER_EPOCH')
    expect(await codeOf(a.heartbeat({ memberEpoch: 2, topicPartitions: [] }))).toBe('NONE')
  })

  it('nobody who joins again', async () => {
    const [a] = await group.pair()
    expect(await a.join()).toMatchObject({ errorCode: 0, memberEpoch: 3, assignment: { topicPartitions: [{ partitions: [0, 1] }] } })
  })

  it('who is silent for the session timeout', async () => {
    const [a, b] = await group.pair()
    await group.clock.advance(44_999)
    await b.heartbeat()
    await group.clock.advance(1)
    expect(await codeOf(a.heartbeat())).toBe('UNKNOWN_MEMBER_ID')
    await b.heartbeat()
    expect(b.partitions).toEqual([0, 1, 2])
  })

  it('who does not let go of partitions within its rebalance timeout', async () => {
    const [a, b] = [group.member('a'), group.member('b')]
    await a.join({ rebalanceTimeoutMs: 30_000 })
    await b.join()
    await a.heartbeat()
    for (let i = 0; i < 3; i++) {
      await group.clock.advance(10_000)
      await b.heartbeat()
      if (i < 2) expect(await codeOf(a.heartbeat())).toBe('NONE')
    }
    expect(await codeOf(a.heartbeat())).toBe('UNKNOWN_MEMBER_ID')
    await b.heartbeat()
    expect(b.partitions).toEqual([0, 1, 2])
  })

  it('nobody who lets go of partitions in time', async () => {
    const [a] = await group.pair()
    await group.clock.advance(40_000)
    await a.heartbeat()
    await group.clock.advance(40_000)
    expect(await codeOf(a.heartbeat())).toBe('NONE')
  })
})
