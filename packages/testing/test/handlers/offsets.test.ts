import { Metadata, OffsetCommit, OffsetFetch, ZERO_UUID } from '@k/protocol'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FakeCluster } from '../../src/index.ts'
import { nameOf } from '../support/codes.ts'
import { RawClient } from '../support/raw-client.ts'
import { commit, enter, join, sync } from '../support/requests.ts'

const UNKNOWN_ID = 'AAAAAAAAAAAAAAAAAAAABA'

describe('offsets of groups', () => {
  let kafka: FakeCluster
  let client: RawClient
  let topicId: string
  beforeEach(async () => {
    kafka = await FakeCluster.start({ tcp: false, topics: { t: 2, u: 1 } })
    client = await RawClient.connect(kafka)
    topicId = (await client.request(Metadata, 12, { topics: [{ topicId: ZERO_UUID, name: 't' }] })).topics[0]!.topicId
  })
  afterEach(async () => {
    await kafka.close()
    expect(kafka.failures).toEqual([])
  })

  async function fetched(version: number, groupId: string, topics: { name: string; topicId: string; partitionIndexes: number[] }[] | null) {
    const request =
      version >= 8
        ? { groups: [{ groupId, topics }] }
        : { groupId, topics: topics?.map(({ name, partitionIndexes }) => ({ name, partitionIndexes })) ?? null }
    const response = await client.request(OffsetFetch, version, request)
    const [group] = version >= 8 ? response.groups : [response]
    return group!.topics.flatMap(({ partitions }) => {
      return partitions.map((p) => [p.partitionIndex, Number(p.committedOffset), p.committedLeaderEpoch, p.metadata, nameOf(p.errorCode)])
    })
  }

  it.each(Array.from({ length: 9 }, (_, i) => i + 2))('are kept and told in version %i', async (version) => {
    const partitions = [
      { partitionIndex: 0, committedOffset: 5n, committedLeaderEpoch: 2, committedMetadata: 'note' },
      { partitionIndex: 1, committedOffset: 7n, committedMetadata: null },
      { partitionIndex: 2, committedOffset: 9n, committedMetadata: '' },
    ]
    const { topics } = await client.request(OffsetCommit, version, { groupId: 'g', topics: [{ name: 't', topicId, partitions }] })
    expect(topics[0]!.partitions.map(({ errorCode }) => nameOf(errorCode))).toEqual(['NONE', 'NONE', 'UNKNOWN_TOPIC_OR_PARTITION'])
    const epoch = version >= 6 ? 2 : -1
    const kept = [
      [0, 5, epoch, 'note', 'NONE'],
      [1, 7, -1, '', 'NONE'],
    ]
    expect(await fetched(version, 'g', [{ name: 't', topicId, partitionIndexes: [0, 1, 2] }])).toEqual([...kept, [2, -1, -1, '', 'NONE']])
    expect(await fetched(version, 'g', null)).toEqual(kept)
    expect(await fetched(version, 'other', null)).toEqual([])
    expect(kafka.committed('g')).toEqual([
      { topic: 't', partition: 0, offset: 5, metadata: 'note' },
      { topic: 't', partition: 1, offset: 7, metadata: '' },
    ])
  })

  it('are told in version 1, where an error has no place but the partitions', async () => {
    expect(await fetched(1, 'g', [{ name: 't', topicId, partitionIndexes: [0] }])).toEqual([[0, -1, -1, '', 'NONE']])
    kafka.on(OffsetFetch).once().fail('NOT_COORDINATOR')
    expect(await fetched(1, 'g', [{ name: 't', topicId, partitionIndexes: [0] }])).toEqual([[0, -1, -1, '', 'NOT_COORDINATOR']])
  })

  it('are not there for topics that are not', async () => {
    const ask = async (version: number) => {
      const topics = [
        { name: 'nope', topicId: UNKNOWN_ID, partitions: [{ partitionIndex: 0, committedOffset: 1n, committedMetadata: '' }] },
      ]
      const response = await client.request(OffsetCommit, version, { groupId: 'g', topics })
      return nameOf(response.topics[0]!.partitions[0]!.errorCode)
    }
    expect([await ask(9), await ask(10)]).toEqual(['UNKNOWN_TOPIC_OR_PARTITION', 'UNKNOWN_TOPIC_ID'])
    expect(await fetched(10, 'g', [{ name: 'nope', topicId: UNKNOWN_ID, partitionIndexes: [0] }])).toEqual([
      [0, -1, -1, '', 'UNKNOWN_TOPIC_ID'],
    ])
  })

  it('take 4096 characters of metadata, and no more', async () => {
    const code = async (length: number) => {
      const partitions = [{ partitionIndex: 0, committedOffset: 1n, committedMetadata: 'x'.repeat(length) }]
      const { topics } = await client.request(OffsetCommit, 9, { groupId: 'g', topics: [{ name: 't', partitions }] })
      return nameOf(topics[0]!.partitions[0]!.errorCode)
    }
    expect([await code(4096), await code(4097)]).toEqual(['NONE', 'OFFSET_METADATA_TOO_LARGE'])
  })

  it('of several groups are told at once', async () => {
    await commit(client, 'a', 't', 0, 1)
    await commit(client, 'b', 'u', 0, 2)
    const { groups } = await client.request(OffsetFetch, 9, {
      groups: [
        { groupId: 'a', topics: null },
        { groupId: 'b', topics: null },
        { groupId: 'c', topics: null },
      ],
    })
    expect(groups.map(({ groupId, errorCode, topics }) => [groupId, errorCode, topics.map(({ name }) => name)])).toEqual([
      ['a', 0, ['t']],
      ['b', 0, ['u']],
      ['c', 0, []],
    ])
  })

  it('are taken from members of the generation alone while there are any', async () => {
    const code = async (...args: Parameters<typeof commit> extends [unknown, ...infer Rest] ? Rest : never) =>
      nameOf(await commit(client, ...args))
    expect(await code('g', 't', 0, 1, { memberId: 'm', generationId: 1 })).toBe('GROUP_ID_NOT_FOUND')
    const member = await enter(client, 'g')
    expect(await code('g', 't', 0, 1, member)).toBe('REBALANCE_IN_PROGRESS')
    await sync(client, 'g', member, { [member.memberId]: 'all' })
    expect(await code('g', 't', 0, 1, member)).toBe('NONE')
    expect(await code('g', 't', 0, 2)).toBe('UNKNOWN_MEMBER_ID')
    expect(await code('g', 't', 0, 3, { ...member, memberId: 'stranger' })).toBe('UNKNOWN_MEMBER_ID')
    expect(await code('g', 't', 0, 4, { ...member, generationId: 0 })).toBe('ILLEGAL_GENERATION')
    expect(await code('g', 't', 0, 5, { ...member, generationId: -1 })).toBe('ILLEGAL_GENERATION')
    expect(kafka.committed('g').map(({ offset }) => offset)).toEqual([1])
  })

  it('of an old client whose group is not there are refused in its way', async () => {
    const { topics } = await client.request(OffsetCommit, 8, {
      groupId: 'g',
      generationIdOrMemberEpoch: 3,
      memberId: 'm',
      topics: [{ name: 't', partitions: [{ partitionIndex: 0, committedOffset: 1n, committedMetadata: '' }] }],
    })
    expect(nameOf(topics[0]!.partitions[0]!.errorCode)).toBe('ILLEGAL_GENERATION')
  })

  it('may be committed in the name of no group at all', async () => {
    expect(await commit(client, '', 't', 0, 3)).toBe(0)
    expect(await fetched(9, '', null)).toEqual([[0, 3, -1, '', 'NONE']])
  })

  it('stay when the members have gone', async () => {
    const asked = await join(client, 'g')
    const member = await join(client, 'g', asked.memberId)
    await sync(client, 'g', member)
    await commit(client, 'g', 't', 1, 8, member)
    kafka.moveCoordinator('g', 1)
    expect(kafka.committed('g')).toEqual([{ topic: 't', partition: 1, offset: 8, metadata: '' }])
  })
})
