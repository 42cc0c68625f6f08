import { ConsumerGroupDescribe, DeleteGroups, DescribeGroups, encodeAssignment, ListGroups, OffsetDelete, SyncGroup } from '@k/protocol'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FakeCluster } from '../../src/index.ts'
import { nameOf } from '../support/codes.ts'
import { RawMember } from '../support/consumer-group-heartbeats.ts'
import { ManualClock, settle } from '../support/manual-clock.ts'
import { RawClient } from '../support/raw-client.ts'
import { commit, enter } from '../support/requests.ts'

describe('groups', () => {
  let clock: ManualClock
  let kafka: FakeCluster
  let client: RawClient
  beforeEach(async () => {
    clock = new ManualClock()
    kafka = await FakeCluster.start({ tcp: false, clock, brokers: 2, topics: { t: 2, u: 1 } })
    for (const group of ['classic', 'consumer', 'simple']) kafka.moveCoordinator(group, 1)
    client = await RawClient.connect(kafka)
  })
  afterEach(async () => {
    await kafka.close()
    expect(kafka.failures).toEqual([])
  })

  /** A classic group of one. */
  async function classic(extras: Parameters<typeof enter>[2] = {}) {
    const entering = enter(client, 'classic', extras)
    await settle()
    await clock.advance(0)
    await settle()
    const member = await entering
    const { memberId, generationId } = member
    const assignment = encodeAssignment({ assignedPartitions: [{ topic: 't', partitions: [0, 1] }] })
    const assignments = [{ memberId, assignment }]
    await client.request(SyncGroup, 4, { groupId: 'classic', memberId, generationId, assignments })
    return { memberId, generationId, assignment }
  }

  /** A consumer group of one. */
  async function consumer() {
    const member = new RawMember(client, 'a', { groupId: 'consumer' })
    await member.join()
    return member
  }

  describe('are described', () => {
    const describeClassic = async (groupId: string, version = 6) =>
      (await client.request(DescribeGroups, version, { groups: [groupId], includeAuthorizedOperations: version >= 3 })).groups[0]!

    it('with the members of a classic one, and what they say', async () => {
      const { memberId, assignment } = await classic()
      const found = await describeClassic('classic')
      expect(found).toMatchObject({
        errorCode: 0,
        errorMessage: null,
        groupState: 'Stable',
        protocolType: 'consumer',
        protocolData: 'range',
      })
      expect(found.authorizedOperations).toBe(3400)
      const [member] = found.members
      expect(member).toMatchObject({ memberId, groupInstanceId: null, clientId: 'raw', clientHost: '/127.0.0.1' })
      expect(Buffer.from(member!.memberAssignment).equals(assignment)).toBe(true)
      expect(member!.memberMetadata.length).toBeGreaterThan(0)
    })

    it('without what members say while they are not of one mind', async () => {
      const { assignment } = await classic()
      const other = await RawClient.connect(kafka)
      void enter(other, 'classic').catch(() => {})
      await settle()
      const found = await describeClassic('classic')
      const [first, second] = found.members
      expect([found.groupState, found.protocolData, first!.memberMetadata.length]).toEqual(['PreparingRebalance', '', 0])
      expect(Buffer.from(first!.memberAssignment).equals(assignment)).toBe(true)
      expect(second!.memberAssignment.length).toBe(0)
    })

    it.each([0, 3, 5])('in version %i, where one that is not there is dead', async (version) => {
      expect(await describeClassic('none', version)).toMatchObject({ errorCode: 0, errorMessage: null, groupState: 'Dead', members: [] })
    })

    it('in version 6, where one that is not there is an error', async () => {
      await consumer()
      const told = async (groupId: string) => {
        const { errorCode, errorMessage, groupState } = await describeClassic(groupId)
        return [nameOf(errorCode), errorMessage, groupState]
      }
      expect(await told('none')).toEqual(['GROUP_ID_NOT_FOUND', 'Group none not found.', 'Dead'])
      expect(await told('consumer')).toEqual(['GROUP_ID_NOT_FOUND', 'Group consumer is not a classic group.', 'Dead'])
      kafka.moveCoordinator('', 1)
      expect(await told('')).toEqual(['GROUP_ID_NOT_FOUND', 'Group  not found.', 'Dead'])
      kafka.moveCoordinator('', 2)
      expect(await told('')).toEqual(['NOT_COORDINATOR', null, ''])
    })

    it('with all epochs of a consumer group', async () => {
      const first = await consumer()
      const second = new RawMember(client, 'b', { groupId: 'consumer', instanceId: 'i' })
      await second.join({ rackId: 'r', subscribedTopicRegex: 't' })
      await first.heartbeat()
      const answer = await client.request(ConsumerGroupDescribe, 1, { groupIds: ['consumer'], includeAuthorizedOperations: true })
      const topicId = Object.keys(first.assignment)[0]
      const has = (...partitions: number[]) => ({ topicPartitions: partitions.length > 0 ? [{ topicId, topicName: 't', partitions }] : [] })
      const client1 = { clientId: 'raw', clientHost: '/127.0.0.1', subscribedTopicNames: ['t'], memberType: 1 }
      expect(answer.groups).toEqual([
        {
          errorCode: 0,
          errorMessage: null,
          groupId: 'consumer',
          groupState: 'Reconciling',
          groupEpoch: 3,
          assignmentEpoch: 3,
          assignorName: 'uniform',
          authorizedOperations: 3400,
          members: [
            {
              ...client1,
              ...{ memberId: 'a', instanceId: null, rackId: null, memberEpoch: 2, subscribedTopicRegex: '' },
              assignment: has(0, 1),
              targetAssignment: has(0),
            },
            {
              ...client1,
              ...{ memberId: 'b', instanceId: 'i', rackId: 'r', memberEpoch: 3, subscribedTopicRegex: 't' },
              assignment: has(),
              targetAssignment: has(1),
            },
          ],
        },
      ])
    })

    it('as consumer groups only where they are some', async () => {
      await classic()
      kafka.moveCoordinator('none', 2)
      const groupIds = ['', 'none', 'classic']
      const { groups } = await client.request(ConsumerGroupDescribe, 0, { groupIds, includeAuthorizedOperations: true })
      expect(groups.map(({ errorCode, errorMessage }) => [nameOf(errorCode), errorMessage])).toEqual([
        ['INVALID_GROUP_ID', null],
        ['NOT_COORDINATOR', null],
        ['GROUP_ID_NOT_FOUND', 'Group classic is not a consumer group.'],
      ])
      expect(groups.map(({ authorizedOperations }) => authorizedOperations)).toEqual([-2147483648, -2147483648, -2147483648])
    })
  })

  describe('are listed', () => {
    const list = async (statesFilter: string[] = [], typesFilter: string[] = [], from = client) => {
      const { groups } = await from.request(ListGroups, 5, { statesFilter, typesFilter })
      return groups.map(({ groupId, protocolType, groupState, groupType }) => [groupId, protocolType, groupState, groupType].join(' '))
    }

    it('by state and type', async () => {
      await classic()
      await consumer()
      await commit(client, 'simple', 't', 0, 1)
      const [one, two, three] = ['classic consumer Stable classic', 'consumer consumer Stable consumer', 'simple  Empty classic']
      expect(await list()).toEqual([one, two, three])
      expect(await list(['empty'])).toEqual([three])
      expect(await list(['Stable', 'bogus'])).toEqual([one, two])
      expect(await list([], ['CLASSIC'])).toEqual([one, three])
      expect(await list(['STABLE'], ['consumer'])).toEqual([two])
      expect(await list(['bogus'])).toEqual([])
      expect(await list([], ['bogus'])).toEqual([])
    })

    it('by their coordinators alone', async () => {
      await consumer()
      const other = await RawClient.connect(kafka, 2)
      expect(await list([], [], other)).toEqual([])
      kafka.moveCoordinator('consumer', 2)
      expect([await list(), (await list([], [], other)).length]).toEqual([[], 1])
    })

    it.each([0, 3, 4])('in version %i', async (version) => {
      await classic()
      const { groups } = await client.request(ListGroups, version, {})
      expect(groups).toEqual([{ groupId: 'classic', protocolType: 'consumer', groupState: version >= 4 ? 'Stable' : '', groupType: '' }])
    })
  })

  describe('are deleted', () => {
    const del = async (...groupsNames: string[]) =>
      (await client.request(DeleteGroups, 2, { groupsNames })).results.map(({ groupId, errorCode }) => [groupId, nameOf(errorCode)])

    it('when nobody is in, with their offsets', async () => {
      const { memberId } = await classic()
      const member = await consumer()
      await commit(client, 'simple', 't', 0, 1)
      expect(await del('classic', 'consumer', 'simple')).toEqual([
        ['classic', 'NON_EMPTY_GROUP'],
        ['consumer', 'NON_EMPTY_GROUP'],
        ['simple', 'NONE'],
      ])
      expect([kafka.group('simple'), kafka.committed('simple')]).toEqual([undefined, []])
      kafka.expireSession('classic', memberId)
      await clock.advance(0)
      await member.leave()
      expect(await del('classic', 'consumer', 'simple')).toEqual([
        ['classic', 'NONE'],
        ['consumer', 'NONE'],
        ['simple', 'GROUP_ID_NOT_FOUND'],
      ])
    })

    it('by their coordinator alone', async () => {
      kafka.moveCoordinator('simple', 2)
      expect(await del('simple')).toEqual([['simple', 'NOT_COORDINATOR']])
    })
  })

  describe('forget offsets', () => {
    const forget = async (groupId: string, topics: Record<string, number[]>) => {
      const asked = Object.entries(topics).map(([name, partitions]) => ({
        name,
        partitions: partitions.map((partitionIndex) => ({ partitionIndex })),
      }))
      const answer = await client.request(OffsetDelete, 0, { groupId, topics: asked })
      return [nameOf(answer.errorCode), ...answer.topics.flatMap(({ partitions }) => partitions.map(({ errorCode }) => nameOf(errorCode)))]
    }

    it('of topics that nobody reads', async () => {
      const { memberId, generationId } = await classic()
      await commit(client, 'classic', 't', 0, 1, { memberId, generationId })
      await commit(client, 'classic', 'u', 0, 2, { memberId, generationId })
      expect(await forget('classic', { t: [0], u: [0, 7], nope: [0] })).toEqual([
        'NONE',
        'GROUP_SUBSCRIBED_TO_TOPIC',
        'NONE',
        'UNKNOWN_TOPIC_OR_PARTITION',
        'UNKNOWN_TOPIC_OR_PARTITION',
      ])
      expect(kafka.committed('classic').map(({ topic }) => topic)).toEqual(['t'])
      kafka.expireSession('classic', memberId)
      await clock.advance(0)
      expect(await forget('classic', { t: [0] })).toEqual(['NONE', 'NONE'])
      expect(kafka.committed('classic')).toEqual([])
    })

    it('of consumer groups as well', async () => {
      const member = await consumer()
      expect(await forget('consumer', { t: [0], u: [0] })).toEqual(['NONE', 'GROUP_SUBSCRIBED_TO_TOPIC', 'NONE'])
      await member.heartbeat({ subscribedTopicNames: [], subscribedTopicRegex: 'u' })
      expect(await forget('consumer', { t: [0], u: [0] })).toEqual(['NONE', 'NONE', 'GROUP_SUBSCRIBED_TO_TOPIC'])
    })

    it('only where it can be told what their members read', async () => {
      await classic({ protocolType: 'connect' })
      expect(await forget('classic', { t: [0] })).toEqual(['NON_EMPTY_GROUP'])
      expect(await forget('', { t: [0] })).toEqual(['INVALID_GROUP_ID'])
      kafka.moveCoordinator('none', 1)
      expect(await forget('none', { t: [0] })).toEqual(['GROUP_ID_NOT_FOUND'])
      kafka.moveCoordinator('none', 2)
      expect(await forget('none', { t: [0] })).toEqual(['NOT_COORDINATOR'])
    })
  })
})
