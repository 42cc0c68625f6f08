import { Fetch, type FetchResponse, Metadata, type RequestInputOf, ZERO_UUID } from '@k/protocol'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FakeCluster } from '../../src/index.ts'
import { nameOf } from '../support/codes.ts'
import { ManualClock, settle } from '../support/manual-clock.ts'
import { batchOf, RawClient } from '../support/raw-client.ts'
import { produce } from '../support/requests.ts'

type FetchBody = RequestInputOf<typeof Fetch>

describe('a fetch session', () => {
  let clock: ManualClock
  let kafka: FakeCluster
  let client: RawClient
  beforeEach(async () => {
    clock = new ManualClock()
    kafka = await FakeCluster.start({
      tcp: false,
      topics: { a: 2, b: 1 },
      configs: { 'max.incremental.fetch.session.cache.slots': 2 },
      clock,
    })
    client = await RawClient.connect(kafka)
  })
  afterEach(async () => {
    await kafka.close()
    expect(kafka.failures).toEqual([])
    expect(clock.pending).toBe(0)
  })

  const part = (partition: number, fetchOffset = 0) => ({ partition, fetchOffset: BigInt(fetchOffset), partitionMaxBytes: 1_000_000 })
  const ask = (sessionId: number, sessionEpoch: number, topics: FetchBody['topics'] = [], more: Partial<FetchBody> = {}, version = 12) =>
    client.request(Fetch, version, { maxWaitMs: 0, minBytes: 1, sessionId, sessionEpoch, topics, ...more })
  const told = ({ errorCode, responses }: FetchResponse) => {
    if (errorCode !== 0) return nameOf(errorCode)
    return responses.flatMap(({ topic, partitions }) =>
      partitions.map((p) => `${topic}${p.partitionIndex} ${p.errorCode === 0 ? p.records!.length > 0 : nameOf(p.errorCode)}`),
    )
  }
  const open = () => ask(0, 0, [{ topic: 'a', partitions: [part(0), part(1)] }])

  it('begins with everything, and goes on with what is new', async () => {
    await produce(client, 'a', 0, batchOf(['x']))
    const first = await open()
    expect(first.sessionId).toBeGreaterThan(0)
    expect(told(first)).toEqual(['a0 true', 'a1 false'])
    const { sessionId: id } = first
    expect(told(await ask(id, 1, [{ topic: 'a', partitions: [part(0, 1)] }]))).toEqual([])
    await produce(client, 'a', 1, batchOf(['y']))
    const third = await ask(id, 2)
    expect([third.sessionId, told(third)]).toEqual([id, ['a1 true']])
    expect(told(await ask(id, 3))).toEqual(['a1 true'])
    expect(told(await ask(id, 4, [{ topic: 'a', partitions: [part(1, 1)] }]))).toEqual([])
  })

  it('tells of a partition whose log begins elsewhere', async () => {
    await produce(client, 'a', 0, batchOf(['x', 'y']))
    const { sessionId: id } = await ask(0, 0, [{ topic: 'a', partitions: [part(0, 2)] }])
    kafka.deleteRecords({ topic: 'a', partition: 0 }, 1)
    const { responses } = await ask(id, 1)
    expect(responses[0]!.partitions).toMatchObject([{ partitionIndex: 0, logStartOffset: 1n, errorCode: 0 }])
    expect(told(await ask(id, 2))).toEqual([])
  })

  it('takes partitions in and out', async () => {
    const { sessionId: id } = await open()
    expect(told(await ask(id, 1, [{ topic: 'b', partitions: [part(0)] }]))).toEqual(['b0 false'])
    const forgottenTopicsData = [{ topic: 'a', partitions: [0] }]
    expect(told(await ask(id, 2, [], { forgottenTopicsData }))).toEqual([])
    await produce(client, 'a', 0, batchOf(['x']))
    await produce(client, 'b', 0, batchOf(['x']))
    expect(told(await ask(id, 3))).toEqual(['b0 true'])
  })

  it('repeats errors as long as they last', async () => {
    const { sessionId: id } = await open()
    const unknown = [
      { topic: 'a', partitions: [part(1, 9), part(7)] },
      { topic: 'nope', partitions: [part(0)] },
    ]
    const errors = ['a1 OFFSET_OUT_OF_RANGE', 'a7 UNKNOWN_TOPIC_OR_PARTITION', 'nope0 UNKNOWN_TOPIC_OR_PARTITION']
    expect(told(await ask(id, 1, unknown))).toEqual(errors)
    expect(told(await ask(id, 2))).toEqual(errors)
    const forgottenTopicsData = [
      { topic: 'a', partitions: [7] },
      { topic: 'nope', partitions: [0] },
    ]
    expect(told(await ask(id, 3, [{ topic: 'a', partitions: [part(1)] }], { forgottenTopicsData }))).toEqual(['a1 false'])
  })

  it('lets the partition that brought records wait for its next turn', async () => {
    for (const partition of [0, 1]) await produce(client, 'a', partition, batchOf(['x'.repeat(100)]))
    const { sessionId: id } = await open()
    expect(told(await ask(id, 1, [], { maxBytes: 1 }))).toEqual(['a0 true'])
    expect(told(await ask(id, 2, [], { maxBytes: 1 }))).toEqual(['a1 true'])
    expect(told(await ask(id, 3, [], { maxBytes: 1 }))).toEqual(['a0 true'])
  })

  it('waits for records of all its partitions', async () => {
    const { sessionId: id } = await open()
    const waiting = ask(id, 1, [], { maxWaitMs: 500 })
    await settle()
    const other = await RawClient.connect(kafka)
    await produce(other, 'a', 1, batchOf(['x']))
    expect(told(await waiting)).toEqual(['a1 true'])
  })

  it('is refused where it is not, or in the wrong epoch, and goes on in the right one', async () => {
    const { sessionId: id } = await open()
    const wrong = await ask(id, 5)
    expect([told(wrong), wrong.sessionId]).toEqual(['INVALID_FETCH_SESSION_EPOCH', 0])
    expect(told(await ask(id, 1))).toEqual([])
    for (const [unknown, epoch] of [
      [id + 1, 1],
      [0, 3],
      [0, -5],
    ]) {
      expect(told(await ask(unknown!, epoch!))).toBe('FETCH_SESSION_ID_NOT_FOUND')
    }
  })

  it('speaks of topics by name or by id, not by both', async () => {
    const { sessionId: id } = await open()
    expect(told(await ask(id, 1, [], {}, 13))).toBe('FETCH_SESSION_TOPIC_ID_ERROR')
  })

  it('ends with epoch -1, with another full request, and when nothing is left in it', async () => {
    const first = await open()
    const closed = await ask(first.sessionId, -1)
    expect([told(closed), closed.sessionId]).toEqual([[], 0])
    expect(told(await ask(first.sessionId, 1))).toBe('FETCH_SESSION_ID_NOT_FOUND')
    const second = await open()
    const third = await ask(second.sessionId, 0, [{ topic: 'b', partitions: [part(0)] }])
    expect(told(await ask(second.sessionId, 1))).toBe('FETCH_SESSION_ID_NOT_FOUND')
    const emptied = await ask(third.sessionId, 1, [], { forgottenTopicsData: [{ topic: 'b', partitions: [0] }] })
    expect([told(emptied), emptied.sessionId]).toEqual([[], 0])
    expect(told(await ask(third.sessionId, 2))).toBe('FETCH_SESSION_ID_NOT_FOUND')
  })

  it('is not begun where the client wants none, nor before version 7', async () => {
    expect((await ask(0, -1, [{ topic: 'a', partitions: [part(0)] }])).sessionId).toBe(0)
    expect((await ask(0, -1, [{ topic: 'a', partitions: [part(0)] }], {}, 6)).sessionId).toBe(0)
  })

  it('makes room for another when it is idle or smaller, and for nobody else', async () => {
    const small = await ask(0, 0, [{ topic: 'b', partitions: [part(0)] }])
    const large = await open()
    expect((await ask(0, 0, [{ topic: 'b', partitions: [part(0)] }])).sessionId).toBe(0)
    const other = await open()
    expect(other.sessionId).not.toBe(0)
    expect(told(await ask(small.sessionId, 1))).toBe('FETCH_SESSION_ID_NOT_FOUND')
    await clock.advance(120_000)
    expect(told(await ask(other.sessionId, 1))).toEqual([])
    await clock.advance(1)
    expect((await ask(0, 0, [{ topic: 'b', partitions: [part(0)] }])).sessionId).not.toBe(0)
    expect(told(await ask(large.sessionId, 1))).toBe('FETCH_SESSION_ID_NOT_FOUND')
    expect(told(await ask(other.sessionId, 2))).toEqual([])
  })

  it('can be refused by a test', async () => {
    const { sessionId: id } = await open()
    kafka.on(Fetch).once().fail('FETCH_SESSION_ID_NOT_FOUND')
    expect(told(await ask(id, 1))).toBe('FETCH_SESSION_ID_NOT_FOUND')
  })

  it('is lost when its broker dies', async () => {
    const { sessionId: id } = await open()
    await kafka.broker(1).kill()
    await kafka.broker(1).revive()
    client = await RawClient.connect(kafka)
    expect(told(await ask(id, 1))).toBe('FETCH_SESSION_ID_NOT_FOUND')
  })

  it('knows a topic that was created again for another', async () => {
    const { topics } = await client.request(Metadata, 12, { topics: [{ topicId: ZERO_UUID, name: 'a' }] })
    const { topicId } = topics[0]!
    const { sessionId: id } = await ask(0, 0, [{ topicId, partitions: [part(0)] }], {}, 13)
    await kafka.deleteTopic('a')
    const codes = async (epoch: number) =>
      (await ask(id, epoch, [], {}, 13)).responses[0]!.partitions.map(({ errorCode }) => nameOf(errorCode))
    expect(await codes(1)).toEqual(['UNKNOWN_TOPIC_OR_PARTITION'])
    await kafka.createTopic('a')
    expect(await codes(2)).toEqual(['INCONSISTENT_TOPIC_ID'])
  })
})
