import { gunzipSync, gzipSync } from 'node:zlib'
import { type Codec, crc32c, type RecordBatchBuilder, recordBatches } from '@k/protocol'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FakeCluster, type FakeClusterOptions, type FakeTopicOptions } from '../../src/index.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { batchOf, RawClient, type RawRecord, SOME_TIME } from '../support/raw-client.ts'
import { fetch, produce } from '../support/requests.ts'

const gzip: Codec = { id: 1, name: 'gzip', compress: (bytes) => gzipSync(bytes), decompress: (bytes) => gunzipSync(bytes) }
const later: Codec = { id: 3, name: 'lz4', compress: async (bytes) => bytes, decompress: async (bytes) => bytes }

describe('a log', () => {
  let clock: ManualClock
  let kafka: FakeCluster
  let client: RawClient
  const start = async (configs: FakeTopicOptions['configs'], options: FakeClusterOptions = {}) => {
    kafka = await FakeCluster.start({ tcp: false, topics: { t: { configs: configs ?? {} } }, clock, ...options })
    client = await RawClient.connect(kafka)
  }
  beforeEach(() => {
    clock = new ManualClock()
  })
  afterEach(async () => {
    await kafka.close()
    expect(kafka.failures).toEqual([])
  })

  const append = async (records: (RawRecord | string)[], fields: Parameters<RecordBatchBuilder['close']>[0] = {}) => {
    const { errorCode } = await produce(client, 't', 0, batchOf(records, fields))
    expect(errorCode).toBe(0)
  }
  const keyed = (...pairs: string[]) =>
    pairs.map((pair) => ({ key: pair[0]!, value: pair.length > 1 ? pair.slice(1) : null, timestamp: clock.now() }))
  const left = () => kafka.records('t').map(({ offset, key, value }) => `${offset}:${key ?? ''}${value ?? '-'}`)

  describe('that is kept for a time', () => {
    it('loses batches that are too old, from the front', async () => {
      await start({ 'retention.ms': 1000 })
      for (const after of [0, 500, 0, 2000]) await append([{ value: `${after}`, timestamp: SOME_TIME + after }])
      await clock.advance(1000)
      kafka.applyRetention('t')
      expect(left()).toHaveLength(4)
      await clock.advance(1)
      kafka.applyRetention('t')
      expect(left()).toEqual(['1:500', '2:0', '3:2000'])
      await clock.advance(1000)
      kafka.applyRetention('t')
      expect(left()).toEqual(['3:2000'])
      expect((await fetch(client, 't', 0, 3)).logStartOffset).toBe(3n)
    })

    it('can become empty, and goes on where it was', async () => {
      await start({ 'retention.ms': 0 })
      await append(['a'])
      await clock.advance(1)
      kafka.applyRetention('t')
      expect(left()).toEqual([])
      await append(['b'])
      expect(left()).toEqual(['1:b'])
    })

    it('keeps what is not on every replica in sync', async () => {
      await start({ 'retention.ms': 0 }, { brokers: 2 })
      await append(['a'])
      kafka.lagReplica({ topic: 't', partition: 0 }, 2)
      await produce(client, 't', 0, batchOf(['b']), { acks: 1 })
      await clock.advance(1)
      kafka.applyRetention('t')
      expect(left()).toEqual(['1:b'])
    })

    it('is kept for good where nothing is said', async () => {
      await start({ 'retention.ms': -1 })
      await append(['a'])
      await clock.advance(1e12)
      kafka.applyRetention('t')
      expect(left()).toEqual(['0:a'])
    })
  })

  it('that is kept up to a size loses what can go without falling below it', async () => {
    const { length } = batchOf(['a'])
    await start({ 'retention.bytes': 2 * length })
    for (const value of ['a', 'b', 'c']) await append([value])
    kafka.applyRetention('t')
    expect(left()).toEqual(['1:b', '2:c'])
    kafka.applyRetention('t')
    expect(left()).toHaveLength(2)
  })

  it('is cleaned up as its topic says, and not otherwise', async () => {
    await start({})
    expect(() => kafka.compact('t')).toThrow(/cleanup.policy of t must have compact/)
    await kafka.createTopic('c', { configs: { 'cleanup.policy': 'compact' } })
    expect(() => kafka.applyRetention('c')).toThrow(/cleanup.policy of c must have delete/)
    expect(() => kafka.compact('nope')).toThrow(/no topic nope/)
  })

  describe('that is compacted', () => {
    const compacted = { 'cleanup.policy': 'compact', 'delete.retention.ms': 1000 }

    it.each([
      ['', {}],
      [' and compressed', { codec: gzip }],
    ])('keeps the last record of each key, with its offset%s', async (_, fields) => {
      await start(compacted, { codecs: [gzip] })
      await append(keyed('a1', 'b1', 'a2'), fields)
      await append(keyed('c1'), fields)
      await append(keyed('b2', 'd1'), fields)
      await append(keyed('c2'), fields)
      kafka.compact('t')
      expect(left()).toEqual(['2:a2', '4:b2', '5:d1', '6:c2'])
      const { records, highWatermark, errorCode } = await fetch(client, 't', 0, 0)
      const batches = [...recordBatches(records!)]
      expect([errorCode, highWatermark]).toEqual([0, 7n])
      expect(batches.map(({ baseOffset, lastOffset, count }) => [baseOffset, lastOffset, count])).toEqual([
        [0, 2, 1],
        [4, 5, 2],
        [6, 6, 1],
      ])
      expect(batches.every((batch) => batch.isValid())).toBe(true)
      const [found] = recordBatches((await fetch(client, 't', 0, 3)).records!)
      expect(found!.baseOffset).toBe(4)
      await append(keyed('a3'))
      expect(left().at(-1)).toBe('7:a3')
    })

    it('keeps the newest time of what is left', async () => {
      await start(compacted)
      const at = (key: string, after: number) => ({ key, value: 'x', timestamp: SOME_TIME + after })
      await append([at('a', 0), at('b', 50), at('a', 20)])
      await append([at('b', 60)])
      kafka.compact('t')
      const [first] = recordBatches((await fetch(client, 't', 0, 0)).records!)
      expect(first!.maxTimestamp).toBe(SOME_TIME + 20)
      expect(kafka.records('t').map(({ timestamp }) => timestamp - SOME_TIME)).toEqual([20, 60])
    })

    it('keeps tombstones until their time is over', async () => {
      await start(compacted)
      await append(keyed('a1', 'b1'))
      await append(keyed('a'))
      kafka.compact('t')
      expect(left()).toEqual(['1:b1', '2:a-'])
      await clock.advance(999)
      kafka.compact('t')
      expect(left()).toEqual(['1:b1', '2:a-'])
      await clock.advance(1)
      kafka.compact('t')
      expect(left()).toEqual(['1:b1'])
      expect((await fetch(client, 't', 0, 3)).errorCode).toBe(0)
    })

    it('leaves alone what is too young', async () => {
      await start({ ...compacted, 'min.compaction.lag.ms': 1000 })
      await append(keyed('a1'))
      await append(keyed('a2'))
      await clock.advance(500)
      await append(keyed('a3'))
      kafka.compact('t')
      expect(left()).toHaveLength(3)
      await clock.advance(500)
      kafka.compact('t')
      expect(left()).toEqual(['1:a2', '2:a3'])
    })

    it('drops records without a key, which came before it was compacted', async () => {
      await start({ 'cleanup.policy': 'compact,delete' })
      await kafka.createTopic('plain', { numPartitions: 1 })
      await produce(client, 'plain', 0, batchOf(['x', { key: 'k', value: 'v' }]))
      await produce(client, 'plain', 0, batchOf(['y']))
      kafka.alterConfigs('plain', { 'cleanup.policy': 'compact' })
      kafka.compact('plain')
      expect(kafka.records('plain').map(({ offset }) => offset)).toEqual([1])
    })

    it('says that it can not look into what is decompressed later', async () => {
      await start({}, { codecs: [later] })
      const lz4 = batchOf([{ key: 'k', value: 'v' }])
      lz4.writeInt16BE(3, 21)
      lz4.writeUInt32BE(crc32c(lz4, 21), 17)
      await produce(client, 't', 0, lz4)
      kafka.alterConfigs('t', { 'cleanup.policy': 'compact' })
      expect(() => kafka.compact('t')).toThrow(/hand in a synchronous one/)
    })
  })

  describe('whose topic has a compression of its own', () => {
    const stored = async () => {
      const { records } = await fetch(client, 't', 0, 0)
      return [...recordBatches(records!)].map((batch) => [batch.compressionType, batch.isValid()])
    }

    it('holds batches compressed so', async () => {
      await start({ 'compression.type': 'gzip' })
      await append(['a'.repeat(100)])
      await append(['b'.repeat(100)], { codec: gzip })
      expect(await stored()).toEqual([
        [1, true],
        [1, true],
      ])
      expect(left()).toEqual([`0:${'a'.repeat(100)}`, `1:${'b'.repeat(100)}`])
    })

    it('holds batches that are not compressed', async () => {
      await start({ 'compression.type': 'uncompressed' }, { codecs: [gzip] })
      await append(['a', 'b'], { codec: gzip })
      expect(await stored()).toEqual([[0, true]])
      expect(left()).toEqual(['0:a', '1:b'])
    })

    it('leaves batches as they came where it has no codec, or none that answers at once', async () => {
      await start({ 'compression.type': 'snappy' })
      await append(['a'])
      expect(await stored()).toEqual([[0, true]])
      await kafka.close()
      await start({ 'compression.type': 'lz4' }, { codecs: [later] })
      await append(['a'])
      expect(await stored()).toEqual([[0, true]])
    })
  })
})
