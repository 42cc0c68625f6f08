import { gzipSync } from 'node:zlib'
import { type Codec, ListOffsets } from '@k/protocol'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FakeCluster } from '../../src/index.ts'
import { nameOf } from '../support/codes.ts'
import { batchOf, RawClient, SOME_TIME } from '../support/raw-client.ts'
import { produce } from '../support/requests.ts'

const LATEST = -1
const EARLIEST = -2
const MAX_TIMESTAMP = -3

const gzip: Codec = { id: 1, name: 'gzip', compress: (bytes) => gzipSync(bytes), decompress: (bytes) => bytes }

describe('ListOffsets', () => {
  let kafka: FakeCluster
  let client: RawClient
  beforeEach(async () => {
    kafka = await FakeCluster.start({ tcp: false, brokers: 2, topics: { t: 2 } })
    client = await RawClient.connect(kafka, 1)
    const at = (...times: number[]) => times.map((after) => ({ value: 'x', timestamp: SOME_TIME + after }))
    await produce(client, 't', 0, batchOf(at(0, 50, 20)))
    await produce(client, 't', 0, batchOf(at(30, 40), { codec: gzip }))
    kafka.moveLeader({ topic: 't', partition: 0 }, 2)
    kafka.moveLeader({ topic: 't', partition: 0 }, 1)
  })
  afterEach(async () => {
    await kafka.close()
    expect(kafka.failures).toEqual([])
  })

  async function ask(timestamp: number, { version = 11, topic = 't', partitionIndex = 0, currentLeaderEpoch = -1 } = {}) {
    const partitions = [{ partitionIndex, timestamp: BigInt(timestamp), currentLeaderEpoch }]
    const { topics } = await client.request(ListOffsets, version, {
      replicaId: -1,
      isolationLevel: 0,
      topics: [{ name: topic, partitions }],
    })
    const { errorCode, offset, timestamp: found, leaderEpoch } = topics[0]!.partitions[0]!
    return errorCode === 0 ? [Number(offset), found < 0n ? -1 : Number(found) - SOME_TIME, leaderEpoch] : nameOf(errorCode)
  }

  it.each(Array.from({ length: 11 }, (_, i) => i + 1))('knows the ends of a log in version %i', async (version) => {
    const epoch = (of: number) => (version >= 4 ? of : -1)
    expect(await ask(LATEST, { version })).toEqual([5, -1, epoch(2)])
    expect(await ask(EARLIEST, { version })).toEqual([0, -1, epoch(0)])
  })

  it.each([
    [0, [0, 0, 0]],
    [1, [1, 50, 0]],
    [50, [1, 50, 0]],
    [51, [-1, -1, -1]],
  ])('finds the first record that is not older than %i ms', async (after, expected) => {
    expect(await ask(SOME_TIME + after)).toEqual(expected)
  })

  it('looks into a compressed batch', async () => {
    await produce(
      client,
      't',
      0,
      batchOf(
        [
          { value: 'x', timestamp: SOME_TIME + 60 },
          { value: 'x', timestamp: SOME_TIME + 70 },
        ],
        { codec: gzip },
      ),
    )
    expect(await ask(SOME_TIME + 65)).toEqual([6, 70, 2])
  })

  it('says that it can not look into what it has no codec for', async () => {
    const lz4: Codec = { id: 3, name: 'lz4', compress: (bytes) => bytes, decompress: (bytes) => bytes }
    await produce(client, 't', 0, batchOf([{ value: 'x', timestamp: SOME_TIME + 90 }], { codec: lz4 } as never))
    expect(await ask(SOME_TIME + 80)).toBe('UNKNOWN_SERVER_ERROR')
    expect(kafka.failures.map(String)).toEqual([expect.stringContaining('install @k/compression-lz4')])
    await kafka.close()
    kafka = await FakeCluster.start({ tcp: false })
  })

  it('finds the record with the largest timestamp', async () => {
    expect(await ask(MAX_TIMESTAMP)).toEqual([1, 50, 0])
    expect(await ask(MAX_TIMESTAMP, { version: 6 })).toBe('UNSUPPORTED_VERSION')
  })

  it('answers for tiered storage as a log that has none', async () => {
    expect(await ask(-4)).toEqual([0, -1, 0])
    expect(await ask(-5)).toEqual([-1, -1, -1])
    expect(await ask(-6)).toEqual([-1, -1, -1])
    expect([await ask(-4, { version: 7 }), await ask(-5, { version: 8 }), await ask(-6, { version: 10 }), await ask(-7)]).toEqual(
      Array(4).fill('UNSUPPORTED_VERSION'),
    )
  })

  it('finds nothing in an empty log but its ends', async () => {
    kafka.moveLeader({ topic: 't', partition: 1 }, 1)
    const empty = { partitionIndex: 1 }
    expect([await ask(LATEST, empty), await ask(EARLIEST, empty)]).toEqual([
      [0, -1, 1],
      [0, -1, 1],
    ])
    expect([await ask(MAX_TIMESTAMP, empty), await ask(0, empty)]).toEqual([
      [-1, -1, -1],
      [-1, -1, -1],
    ])
  })

  it('says what can not be asked', async () => {
    expect(await ask(LATEST, { topic: 'nope' })).toBe('UNKNOWN_TOPIC_OR_PARTITION')
    expect(await ask(LATEST, { partitionIndex: 7 })).toBe('UNKNOWN_TOPIC_OR_PARTITION')
    expect(await ask(LATEST, { partitionIndex: 1 })).toBe('NOT_LEADER_OR_FOLLOWER')
    expect(await ask(LATEST, { currentLeaderEpoch: 1 })).toBe('FENCED_LEADER_EPOCH')
    expect(await ask(LATEST, { currentLeaderEpoch: 3 })).toBe('UNKNOWN_LEADER_EPOCH')
    expect(await ask(LATEST, { currentLeaderEpoch: -5 })).toBe('FENCED_LEADER_EPOCH')
    const partitions = [LATEST, EARLIEST].map((timestamp) => ({ partitionIndex: 0, timestamp: BigInt(timestamp) }))
    const twice = await client.request(ListOffsets, 5, { replicaId: -1, isolationLevel: 0, topics: [{ name: 't', partitions }] })
    expect(twice.topics[0]!.partitions.map(({ errorCode }) => nameOf(errorCode))).toEqual(['INVALID_REQUEST'])
  })
})
