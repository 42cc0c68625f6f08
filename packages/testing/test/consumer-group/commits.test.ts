import { OffsetCommit, OffsetFetch } from '@k/protocol'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FakeCluster, type FakeClusterOptions } from '../../src/index.ts'
import { nameOf } from '../support/codes.ts'
import { RawMember } from '../support/consumer-group-heartbeats.ts'
import { RawClient } from '../support/raw-client.ts'

describe('offsets of a consumer group', () => {
  let kafka: FakeCluster
  let client: RawClient
  let a: RawMember
  let topicId: string
  const start = async (options: FakeClusterOptions = {}) => {
    kafka = await FakeCluster.start({ tcp: false, topics: { t: 3 }, ...options })
    client = await RawClient.connect(kafka)
    a = new RawMember(client, 'a')
  }
  beforeEach(() => start())
  afterEach(async () => {
    await kafka.close()
    expect(kafka.failures).toEqual([])
  })

  const join = async () => {
    await a.join()
    topicId = Object.keys(a.assignment)[0] as string
  }

  /** The error of each partition. */
  async function commit(memberId: string, generationIdOrMemberEpoch: number, version = 9): Promise<string[]> {
    const partitions = [0, 1, 2].map((partitionIndex) => ({ partitionIndex, committedOffset: 5n, committedMetadata: null }))
    const topics = [{ name: 't', topicId, partitions }]
    const answer = await client.request(OffsetCommit, version, { groupId: 'g', memberId, generationIdOrMemberEpoch, topics })
    return answer.topics[0]!.partitions.map(({ errorCode }) => nameOf(errorCode))
  }
  const all = (code: string) => [code, code, code]

  async function fetch(memberId: string | null, memberEpoch: number) {
    const answer = await client.request(OffsetFetch, 9, {
      groups: [{ groupId: 'g', memberId, memberEpoch, topics: null }],
      requireStable: true,
    })
    return nameOf(answer.groups[0]!.errorCode)
  }

  it('are taken from members in their epoch', async () => {
    await join()
    expect(await commit('a', 2)).toEqual(all('NONE'))
    expect(await commit('a', 3)).toEqual(all('STALE_MEMBER_EPOCH'))
    expect(await commit('a', 1)).toEqual(all('STALE_MEMBER_EPOCH'))
    expect(await commit('a', -1)).toEqual(all('STALE_MEMBER_EPOCH'))
    expect(await commit('z', 2)).toEqual(all('UNKNOWN_MEMBER_ID'))
    expect(await commit('', -1)).toEqual(all('UNKNOWN_MEMBER_ID'))
    expect(await commit('a', 2, 10)).toEqual(all('NONE'))
  })

  it('are not taken in versions that know no epochs', async () => {
    await join()
    expect(await commit('a', 2, 8)).toEqual(all('UNSUPPORTED_VERSION'))
  })

  it('are taken from everybody when nobody is in', async () => {
    await join()
    await a.leave()
    expect(await commit('', -1)).toEqual(all('NONE'))
    expect(kafka.committed('g')).toHaveLength(3)
  })

  it('of a group that is not there are refused, in the way of the version', async () => {
    topicId = 'AAAAAAAAAAAAAAAAAAAAAA'
    expect(await commit('a', 1)).toEqual(all('GROUP_ID_NOT_FOUND'))
    expect(await commit('a', 1, 8)).toEqual(all('ILLEGAL_GENERATION'))
  })

  it('are told to members in their epoch, and to those who are none', async () => {
    await join()
    await commit('a', 2)
    expect(await fetch('a', 2)).toBe('NONE')
    expect(await fetch('a', 1)).toBe('STALE_MEMBER_EPOCH')
    expect(await fetch('z', 2)).toBe('UNKNOWN_MEMBER_ID')
    expect(await fetch('', -1)).toBe('UNKNOWN_MEMBER_ID')
    expect(await fetch(null, -1)).toBe('NONE')
  })

  /** Brings `a` into another epoch, in which it has lost its last partition. */
  async function loseOne(): Promise<void> {
    await join()
    await new RawMember(client, 'b').join()
    await a.heartbeat()
    await a.acknowledge()
    expect([a.epoch, a.partitions]).toEqual([3, [0, 1]])
  }

  it('of a former epoch are stale, as Kafka 4.3 does not remember since when a member has what it has', async () => {
    await loseOne()
    expect(await commit('a', 2, 10)).toEqual(all('STALE_MEMBER_EPOCH'))
  })

  it('of a former epoch are taken by Kafka 4.4 for what the member has had since then', async () => {
    await kafka.close()
    await start({ version: '4.4' })
    await loseOne()
    expect(await commit('a', 2, 10)).toEqual(['NONE', 'NONE', 'STALE_MEMBER_EPOCH'])
    expect(await commit('a', 1, 10)).toEqual(all('STALE_MEMBER_EPOCH'))
    expect(await commit('a', 2, 9)).toEqual(all('STALE_MEMBER_EPOCH'))
  })
})
