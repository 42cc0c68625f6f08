import { DeleteRecords, Fetch, ListOffsets, Metadata, OffsetForLeaderEpoch, recordBatches, ZERO_UUID } from '@k/protocol'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FakeCluster } from '../../src/index.ts'
import { nameOf } from '../support/codes.ts'
import { ManualClock, settle } from '../support/manual-clock.ts'
import { batchOf, RawClient } from '../support/raw-client.ts'
import { fetch, produce } from '../support/requests.ts'

const t = { topic: 't', partition: 0 }
const offsetsIn = (records: Buffer | null) => [...recordBatches(records ?? Buffer.alloc(0))].map(({ baseOffset }) => baseOffset)

describe('a partition with replicas', () => {
  let clock: ManualClock
  let kafka: FakeCluster
  let leader: RawClient
  let follower: RawClient
  beforeEach(async () => {
    clock = new ManualClock()
    kafka = await FakeCluster.start({
      tcp: false,
      brokers: 3,
      racks: ['a', 'b', 'b'],
      topics: { t: { configs: { 'min.insync.replicas': 2 } } },
      configs: { 'replica.selector.class': 'org.apache.kafka.common.replica.RackAwareReplicaSelector' },
      clock,
    })
    leader = await RawClient.connect(kafka, 1)
    follower = await RawClient.connect(kafka, 2)
  })
  afterEach(async () => {
    await kafka.close()
    expect(kafka.failures).toEqual([])
    expect(clock.pending).toBe(0)
  })

  const append = async (value: string, { acks = 1, to = leader } = {}) =>
    nameOf((await produce(to, 't', 0, batchOf([value]), { acks })).errorCode)
  const latest = async (client = leader, version = 7) => {
    const partitions = [{ partitionIndex: 0, timestamp: -1n, currentLeaderEpoch: -1 }]
    const { topics } = await client.request(ListOffsets, version, { replicaId: -1, isolationLevel: 0, topics: [{ name: 't', partitions }] })
    const { errorCode, offset } = topics[0]!.partitions[0]!
    return errorCode === 0 ? Number(offset) : nameOf(errorCode)
  }
  const isr = async () => {
    const { topics } = await leader.request(Metadata, 12, { topics: [{ topicId: ZERO_UUID, name: 't' }] })
    return topics[0]!.partitions[0]!.isrNodes
  }

  describe('of which one lags', () => {
    it('shows nobody what not all in sync have', async () => {
      await append('a')
      kafka.lagReplica(t, 2)
      await append('b')
      expect(await latest()).toBe(1)
      const { records, highWatermark, errorCode } = await fetch(leader, 't', 0, 0)
      expect([offsetsIn(records), highWatermark, errorCode]).toEqual([[0], 1n, 0])
      expect((await fetch(leader, 't', 0, 2)).errorCode).toBe(0)
      expect(nameOf((await fetch(follower, 't', 0, 2)).errorCode)).toBe('OFFSET_OUT_OF_RANGE')
      kafka.catchUpReplica(t, 2)
      expect(offsetsIn((await fetch(follower, 't', 0, 0)).records)).toEqual([0, 1])
    })

    it('shows a waiting fetch what it has when that one has caught up', async () => {
      kafka.lagReplica(t, 2)
      await append('a')
      const waiting = fetch(leader, 't', 0, 0, { maxWaitMs: 500 })
      await settle()
      kafka.catchUpReplica(t, 2)
      expect(offsetsIn((await waiting).records)).toEqual([0])
    })

    it('keeps producers with acks -1 waiting until it has caught up', async () => {
      kafka.lagReplica(t, 2)
      let answered = false
      const waiting = append('a', { acks: -1 }).finally(() => {
        answered = true
      })
      await settle()
      expect([answered, kafka.records('t').length]).toEqual([false, 1])
      kafka.catchUpReplica(t, 2)
      expect(await waiting).toBe('NONE')
    })

    it('keeps them waiting no longer than they want', async () => {
      kafka.lagReplica(t, 2)
      const waiting = produce(leader, 't', 0, batchOf(['a']))
      await settle()
      await clock.advance(1000)
      const { errorCode, baseOffset } = await waiting
      expect([nameOf(errorCode), baseOffset]).toEqual(['REQUEST_TIMED_OUT', 0n])
    })

    it('goes on without it when it falls out of sync', async () => {
      kafka.lagReplica(t, 2)
      const waiting = append('a', { acks: -1 })
      await settle()
      kafka.shrinkIsr(t, 2)
      expect(await waiting).toBe('NONE')
      expect([await isr(), await latest()]).toEqual([[1, 3], 1])
      kafka.catchUpReplica(t, 2)
      expect((await isr()).toSorted()).toEqual([1, 2, 3])
    })

    it('lets nothing count as written where too few are left in sync', async () => {
      await append('a')
      kafka.lagReplica(t, 2)
      kafka.shrinkIsr(t, 3)
      const waiting = append('b', { acks: -1 })
      await settle()
      kafka.shrinkIsr(t, 2)
      expect([
        await append('c', { acks: -1, to: await RawClient.connect(kafka, 1) }),
        await latest(await RawClient.connect(kafka, 1)),
      ]).toEqual(['NOT_ENOUGH_REPLICAS', 1])
      await clock.advance(1000)
      expect(await waiting).toBe('REQUEST_TIMED_OUT')
      expect([await append('d'), await latest(), kafka.records('t').length]).toEqual(['NONE', 1, 3])
      kafka.catchUpReplica(t, 2)
      expect(await latest()).toBe(3)
    })

    it('tells those who wait that the leader has moved', async () => {
      kafka.lagReplica(t, 2)
      const waiting = append('a', { acks: -1 })
      await settle()
      kafka.moveLeader(t, 3)
      expect(await waiting).toBe('NOT_LEADER_OR_FOLLOWER')
    })

    it('loses what it has not got when it becomes the leader', async () => {
      await append('a')
      kafka.lagReplica(t, 2)
      await append('lost')
      kafka.moveLeader(t, 2)
      expect(await append('b', { to: follower })).toBe('NONE')
      expect(kafka.records('t').map(({ value, offset }) => `${offset}${value}`)).toEqual(['0a', '1b'])
    })

    it('does not know its end for sure after an election', async () => {
      await append('a')
      kafka.lagReplica(t, 2)
      await append('b')
      kafka.moveLeader(t, 3)
      const elected = await RawClient.connect(kafka, 3)
      expect([await latest(elected), await latest(elected, 4)]).toEqual(['OFFSET_NOT_AVAILABLE', 'LEADER_NOT_AVAILABLE'])
      kafka.catchUpReplica(t, 2)
      expect(await latest(elected)).toBe(2)
    })
  })

  it('must be told of followers that it has', () => {
    for (const id of [1, 9]) expect(() => kafka.lagReplica(t, id)).toThrow(/must be up and follow/)
    expect(() => kafka.shrinkIsr(t, 1)).toThrow(/must be up and follow/)
    expect(() => kafka.truncate(t, 1)).toThrow(/from 0 to 0/)
    expect(() => kafka.deleteRecords(t, 1)).toThrow(/from 0 to 0/)
  })

  describe('that has lost them all', () => {
    const loseAll = async (configs: Record<string, boolean>) => {
      await kafka.createTopic('u', { numPartitions: 1, replicationFactor: 2, configs })
      const [first, second] = [kafka.leaderOf({ topic: 'u', partition: 0 }), 3]
      await kafka.broker(second).kill()
      const client = await RawClient.connect(kafka, first)
      await produce(client, 'u', 0, batchOf(['x']), { acks: 1 })
      await kafka.broker(first).kill()
      await kafka.broker(second).revive()
      return [kafka.leaderOf({ topic: 'u', partition: 0 }), kafka.records('u').length]
    }

    it('waits for the one that was in sync last', async () => {
      expect(await loseAll({})).toEqual([-1, 1])
    })

    it('goes on with less where an unclean election is allowed', async () => {
      expect(await loseAll({ 'unclean.leader.election.enable': true })).toEqual([3, 0])
    })
  })

  describe('whose log was cut', () => {
    const epochEnd = async (
      leaderEpoch: number,
      { currentLeaderEpoch = -1, topic = 't', partition = 0, client = leader, version = 4 } = {},
    ) => {
      const partitions = [{ partition, currentLeaderEpoch, leaderEpoch }]
      const { topics } = await client.request(OffsetForLeaderEpoch, version, { replicaId: -1, topics: [{ topic, partitions }] })
      const { errorCode, leaderEpoch: epoch, endOffset } = topics[0]!.partitions[0]!
      return errorCode === 0 ? [epoch, Number(endOffset)] : nameOf(errorCode)
    }
    const diverging = async (fetchOffset: number, lastFetchedEpoch: number, version = 12) => {
      const partitions = [{ partition: 0, fetchOffset: BigInt(fetchOffset), partitionMaxBytes: 1000, lastFetchedEpoch }]
      const body = { maxWaitMs: 500, minBytes: 1, topics: [{ topic: 't', partitions }] }
      const [found] = (await leader.request(Fetch, version, body)).responses[0]!.partitions
      const { epoch, endOffset } = found!.divergingEpoch
      return found!.errorCode === 0 ? [epoch, Number(endOffset), offsetsIn(found!.records).length] : nameOf(found!.errorCode)
    }

    beforeEach(async () => {
      for (const value of ['a', 'b', 'c']) await append(value)
      kafka.truncate(t, 1)
      await append('d')
    })

    it('has another epoch from there on', async () => {
      expect(kafka.records('t').map(({ value, offset }) => `${offset}${value}`)).toEqual(['0a', '1d'])
      expect(await latest()).toBe(2)
      const { errorCode } = await fetch(leader, 't', 0, 0, { currentLeaderEpoch: 0 })
      expect(nameOf(errorCode)).toBe('FENCED_LEADER_EPOCH')
    })

    it('tells where epochs end', async () => {
      expect(await epochEnd(0)).toEqual([0, 1])
      expect(await epochEnd(1)).toEqual([1, 2])
      expect(await epochEnd(2)).toEqual([-1, -1])
      expect(await epochEnd(-1)).toEqual([-1, -1])
      expect([await epochEnd(0, { version: 2 }), await epochEnd(0, { version: 3 })]).toEqual([
        [0, 1],
        [0, 1],
      ])
    })

    it('tells the leader alone, in its epoch', async () => {
      expect(await epochEnd(0, { currentLeaderEpoch: 0 })).toBe('FENCED_LEADER_EPOCH')
      expect(await epochEnd(0, { currentLeaderEpoch: 2 })).toBe('UNKNOWN_LEADER_EPOCH')
      expect(await epochEnd(0, { client: follower })).toBe('NOT_LEADER_OR_FOLLOWER')
      expect(await epochEnd(0, { topic: 'nope' })).toBe('UNKNOWN_TOPIC_OR_PARTITION')
      expect(await epochEnd(0, { partition: 9 })).toBe('UNKNOWN_TOPIC_OR_PARTITION')
    })

    it('tells a fetch at once where its log and that of the client part', async () => {
      expect(await diverging(2, 0)).toEqual([0, 1, 0])
      expect(await diverging(1, 0)).toEqual([-1, -1, 1])
      expect(await diverging(1, 1)).toEqual([-1, -1, 1])
      expect(await diverging(1, 3)).toBe('OFFSET_OUT_OF_RANGE')
    })

    it('knows a producer by what is left of its batches', async () => {
      const batch = (baseSequence: number) => batchOf(['x'], { producerId: 5n, producerEpoch: 0, baseSequence })
      const send = async (baseSequence: number) => {
        const { errorCode, baseOffset } = await produce(leader, 't', 0, batch(baseSequence), { acks: 1 })
        return `${nameOf(errorCode)} ${baseOffset}`
      }
      expect([await send(0), await send(1)]).toEqual(['NONE 2', 'NONE 3'])
      kafka.truncate(t, 3)
      expect([await send(0), await send(2), await send(1)]).toEqual(['NONE 2', 'OUT_OF_ORDER_SEQUENCE_NUMBER -1', 'NONE 3'])
    })
  })

  describe('names the replica in the rack of who asks', () => {
    const ask = async (rackId: string, fetchOffset = 0, { client = leader, version = 12 } = {}) => {
      const partitions = [{ partition: 0, fetchOffset: BigInt(fetchOffset), partitionMaxBytes: 1000 }]
      const body = { maxWaitMs: 0, minBytes: 1, rackId, topics: [{ topic: 't', partitions }] }
      const [found] = (await client.request(Fetch, version, body)).responses[0]!.partitions
      return [found!.preferredReadReplica, offsetsIn(found!.records).length, Number(found!.highWatermark)]
    }
    beforeEach(async () => {
      await append('a')
    })

    it('instead of records', async () => {
      expect(await ask('b')).toEqual([2, 0, 1])
      expect(await ask('b', 0, { client: follower })).toEqual([-1, 1, 1])
    })

    it('where there is one, and the leader is not there itself', async () => {
      expect(await ask('a')).toEqual([-1, 1, 1])
      expect(await ask('c')).toEqual([-1, 1, 1])
      expect(await ask('')).toEqual([-1, 1, 1])
    })

    it('that is in sync, up and has the offset', async () => {
      kafka.lagReplica(t, 2)
      await append('b')
      expect(await ask('b', 0)).toEqual([3, 0, 1])
      expect(await ask('b', 2)).toEqual([3, 0, 1])
      kafka.shrinkIsr(t, 3)
      expect(await ask('b', 0)).toEqual([2, 0, 1])
      expect((await ask('b', 2))[0]).toBe(-1)
      await kafka.broker(2).kill()
      expect((await ask('b'))[0]).toBe(-1)
    })

    it('where brokers are configured so', async () => {
      const other = await FakeCluster.start({ tcp: false, brokers: 2, racks: ['a', 'b'], topics: { t: 1 } })
      const client = await RawClient.connect(other, 1)
      expect((await ask('b', 0, { client }))[0]).toBe(-1)
      await other.close()
    })
  })

  describe('from which records are deleted', () => {
    const remove = async (offset: number, { topic = 't', partition = 0, client = leader, version = 2 } = {}) => {
      const { topics } = await client.request(DeleteRecords, version, {
        topics: [{ name: topic, partitions: [{ partitionIndex: partition, offset: BigInt(offset) }] }],
        timeoutMs: 1,
      })
      const { lowWatermark, errorCode } = topics[0]!.partitions[0]!
      return errorCode === 0 ? Number(lowWatermark) : nameOf(errorCode)
    }
    beforeEach(async () => {
      await produce(leader, 't', 0, batchOf(['a', 'b']), { acks: 1 })
      await append('c')
    })

    it.each([0, 1, 2])('begins later, in version %i', async (version) => {
      expect(await remove(1, { version })).toBe(1)
      expect(await remove(0)).toBe(1)
      expect(kafka.records('t').map(({ value }) => String(value))).toEqual(['b', 'c'])
      expect(nameOf((await fetch(leader, 't', 0, 0)).errorCode)).toBe('OFFSET_OUT_OF_RANGE')
      const { logStartOffset, records } = await fetch(leader, 't', 0, 1)
      expect([logStartOffset, offsetsIn(records)]).toEqual([1n, [0, 2]])
    })

    it('is empty after all of them', async () => {
      expect(await remove(-1)).toBe(3)
      expect([kafka.records('t'), await latest()]).toEqual([[], 3])
      await append('d')
      expect(kafka.records('t').map(({ offset }) => offset)).toEqual([3])
    })

    it('finds the first record that is left by its time', async () => {
      await remove(1)
      const partitions = [0n, -2n, -4n].map((timestamp) => ({ partitionIndex: 0, timestamp, currentLeaderEpoch: -1 }))
      for (const each of partitions) {
        const { topics } = await leader.request(ListOffsets, 8, {
          replicaId: -1,
          isolationLevel: 0,
          topics: [{ name: 't', partitions: [each] }],
        })
        expect(topics[0]!.partitions[0]).toMatchObject({ offset: 1n, leaderEpoch: 0 })
      }
    })

    it('refuses what it can not do', async () => {
      expect([await remove(4), await remove(-2)]).toEqual(['OFFSET_OUT_OF_RANGE', 'OFFSET_OUT_OF_RANGE'])
      expect(await remove(1, { topic: 'nope' })).toBe('UNKNOWN_TOPIC_OR_PARTITION')
      expect(await remove(1, { client: follower })).toBe('NOT_LEADER_OR_FOLLOWER')
      await kafka.createTopic('c', { numPartitions: 1, configs: { 'cleanup.policy': 'compact' } })
      const client = await RawClient.connect(kafka, kafka.leaderOf({ topic: 'c', partition: 0 }))
      expect(await remove(0, { topic: 'c', client })).toBe('POLICY_VIOLATION')
    })
  })
})
