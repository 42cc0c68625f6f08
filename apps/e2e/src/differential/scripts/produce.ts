import { DescribeProducers, Fetch, Produce } from '@k/protocol'
import { batchOf, changed, TIME } from '../batches.ts'
import { absent, fetchBody, fetchOf, produceTo } from '../requests.ts'
import { type Subject, script } from '../script.ts'

const good = batchOf(['a', 'b'])
const twice = Buffer.concat([good, good])

const garbled = 'compression announced for plain records'
const COMPRESSED =
  'Compressed records are not read when they are produced: Kafka refuses with UNKNOWN_SERVER_ERROR what it cannot decompress, the FakeCluster stores it.'

/** Batches that a leader looks at, and what is special about each. */
const batches: Readonly<Record<string, Uint8Array>> = {
  'two records': good,
  'no bytes at all': Buffer.alloc(0),
  'two batches': twice,
  'a batch that is cut off': good.subarray(0, good.length - 1),
  'a batch cut off in its header': good.subarray(0, 40),
  'a whole batch and half of another': twice.subarray(0, good.length + 20),
  'a wrong checksum': changed(good, { crc: 1 }),
  'a base offset other than 0': changed(good, { baseOffset: 7 }),
  'a leader epoch of its own': changed(good, { partitionLeaderEpoch: 3 }),
  'magic 1': changed(good, { magic: 1 }),
  'magic 3': changed(good, { magic: 3 }),
  'a negative magic': changed(good, { magic: -1 }),
  'a length below that of a header': changed(good, { length: 10 }),
  'a length beyond its bytes': changed(good, { length: 1000 }),
  'a negative length': changed(good, { length: -1 }),
  'a count of 0': changed(good, { count: 0 }),
  'a negative count': changed(good, { count: -1 }),
  'a count that its offsets deny': changed(good, { count: 3 }),
  'a count and offsets that its records deny': changed(good, { count: 3, lastOffsetDelta: 2 }),
  'a negative last offset': changed(good, { lastOffsetDelta: -1 }),
  'a control record': changed(good, { attributes: 0x20 }),
  'a compression that does not exist': changed(good, { attributes: 5 }),
  [garbled]: changed(good, { attributes: 1 }),
  'LogAppendTime, said by the client': changed(good, { attributes: 8 }),
  'the mark of a deletion horizon': changed(good, { attributes: 0x40 }),
  'attributes that nobody uses': changed(good, { attributes: 0x4000 }),
  'a producer without a sequence': changed(good, { producerId: 4000n, producerEpoch: 0 }),
  'a producer id without an epoch': changed(good, { producerId: 4000n, producerEpoch: -1, baseSequence: 0 }),
  'a negative producer id that is not -1': changed(good, { producerId: -2n, producerEpoch: 0, baseSequence: 0 }),
  'a sequence without a producer': changed(good, { baseSequence: 5 }),
  'a transaction of nobody': changed(good, { attributes: 0x10 }),
  'no timestamps': batchOf([{ value: 'a', timestamp: -1 }]),
  'a timestamp in the far future': batchOf([{ value: 'a', timestamp: TIME * 2 }]),
  'a good and a too young timestamp': batchOf([{ value: 'a' }, { value: 'b', timestamp: TIME * 2 }]),
  'a largest timestamp that is not true': changed(good, { maxTimestamp: TIME + 5 }),
  'keys, headers and nothing': batchOf([{ key: 'k', value: null, headers: { h: 'v', n: null } }, {}]),
}

const keyed = batchOf([{ key: 'k', value: 'v' }])
/** Topics whose configs matter to who produces. */
const topics: Readonly<Record<string, { configs: Record<string, string>; batch: Uint8Array }>> = {
  'a smaller limit than the batch': { configs: { 'max.message.bytes': '70' }, batch: good },
  'a limit as large as the batch': { configs: { 'max.message.bytes': `${good.length}` }, batch: good },
  LogAppendTime: { configs: { 'message.timestamp.type': 'LogAppendTime' }, batch: good },
  'LogAppendTime, and a timestamp out of all bounds': {
    configs: { 'message.timestamp.type': 'LogAppendTime' },
    batch: batchOf([{ value: 'a', timestamp: TIME * 3 }]),
  },
  'bounds for timestamps, all too old': {
    configs: { 'message.timestamp.before.max.ms': '1000' },
    batch: batchOf(['a', 'b', 'c', 'd', 'e']),
  },
  'compaction, and records without keys': {
    configs: { 'cleanup.policy': 'compact' },
    batch: batchOf(['a', { key: 'k', value: 'v' }, 'b', 'c', 'd']),
  },
  'compaction, and records with keys': { configs: { 'cleanup.policy': 'compact' }, batch: keyed },
  'compaction and deletion, and a record without a key': { configs: { 'cleanup.policy': 'compact,delete' }, batch: good },
  'more replicas wanted than there are': { configs: { 'min.insync.replicas': '2' }, batch: good },
  'compression by the broker': { configs: { 'compression.type': 'gzip' }, batch: good },
  'no compression, whatever comes': { configs: { 'compression.type': 'uncompressed' }, batch: good },
}

export const produce: Subject = {
  title: 'produce',
  scripts: [
    ...Object.entries(batches).map(([what, records]) =>
      script(
        `a batch with ${what}`,
        async ({ request, topic }) => {
          const to = await topic()
          for (const version of [3, 7, 9, 12, 13]) await request(Produce, version, produceTo(to, records))
        },
        what === garbled ? [{ at: '* Produce.responses[0].partitionResponses[0]', why: COMPRESSED }] : [],
      ),
    ),
    script('no bytes, which are not even empty', async ({ silence, topic }) => silence(Produce, 12, produceTo(await topic(), null)), [
      { at: '1 Produce', why: 'Kafka never answers a Produce request whose records are null; the FakeCluster says INVALID_RECORD.' },
    ]),
    script('acks of every kind', async ({ request, topic }) => {
      const to = await topic()
      for (const acks of [1, -1, 2, -2]) await request(Produce, 11, produceTo(to, good, { acks }))
    }),
    script('partitions and topics that are not there', async ({ request, topic, name }) => {
      const to = await topic()
      for (const version of [3, 8, 12, 13]) {
        await request(Produce, version, produceTo(to, good, { index: 1 }))
        await request(Produce, version, produceTo(to, good, { index: -1 }))
        await request(Produce, version, produceTo(absent(name()), good))
      }
    }),
    script('several partitions of several topics, good and bad', async ({ request, topic }) => {
      const [a, b] = [await topic({ partitions: 2 }), await topic()]
      const partitionData = [
        { index: 1, records: good },
        { index: 5, records: good },
        { index: 0, records: changed(good, { crc: 1 }) },
      ]
      const topicData = [
        { ...a, partitionData },
        { ...b, partitionData: [{ index: 0, records: good }] },
      ]
      for (const version of [3, 12, 13]) await request(Produce, version, { acks: -1, timeoutMs: 30_000, topicData })
    }),
    script('no topics at all', async ({ request }) => {
      for (const version of [3, 9, 13]) await request(Produce, version, { acks: -1, timeoutMs: 30_000, topicData: [] })
    }),
    script('acks 0: no answer where it is good, no connection where it is not', async ({ outcome, send, topic, connect }) => {
      const to = await topic()
      send(Produce, 9, produceTo(to, good, { acks: 0 }))
      await outcome(Fetch, 12, fetchBody([fetchOf(to)]))
      const other = await connect()
      other.send(Produce, 9, produceTo(to, changed(good, { crc: 1 }), { acks: 0 }))
      await other.outcome(Fetch, 12, fetchBody([fetchOf(to)]))
    }),
    ...Object.entries(topics).map(([what, { configs, batch }]) =>
      script(`a topic with ${what}`, async ({ request, topic }) => {
        const to = await topic({ configs })
        for (const version of [3, 8, 12]) await request(Produce, version, produceTo(to, batch))
        await request(Fetch, 12, fetchBody([fetchOf(to)]))
      }),
    ),
    script('an idempotent producer: in order, again, late, early', async ({ request, topic, producer }) => {
      const to = await topic()
      const { producerId, producerEpoch } = await producer()
      for (const baseSequence of [0, 2, 4, 6, 8, 10, 2, 0, 12, 20, 11, 14]) {
        await request(Produce, 9, produceTo(to, changed(good, { producerId, producerEpoch, baseSequence })))
      }
      await request(DescribeProducers, 0, { topics: [{ name: to.name, partitionIndexes: [0] }] })
      await request(Fetch, 12, fetchBody([fetchOf(to)]))
    }),
    script('an idempotent producer whose epoch grows, and the one before', async ({ request, topic, producer }) => {
      const to = await topic()
      const { producerId } = await producer()
      for (const [producerEpoch, baseSequence] of [
        [0, 0],
        [1, 4],
        [1, 0],
        [0, 2],
        [1, 0],
        [1, 2],
        [3, 1],
        [3, 0],
      ] as const) {
        await request(Produce, 11, produceTo(to, changed(good, { producerId, producerEpoch, baseSequence })))
      }
      await request(DescribeProducers, 0, { topics: [{ name: to.name, partitionIndexes: [0] }] })
    }),
    script('a producer that nobody has given its id', async ({ request, topic }) => {
      const to = await topic()
      for (const baseSequence of [7, 9, 9, 8]) {
        await request(Produce, 9, produceTo(to, changed(good, { producerId: 987_654n, producerEpoch: 4, baseSequence })))
      }
    }),
    script('sequence numbers that begin again behind the last one', async ({ request, topic }) => {
      const to = await topic()
      const last = 0x7fffffff
      for (const baseSequence of [last - 1, last, 0, 1, last - 1]) {
        await request(Produce, 9, produceTo(to, changed(good, { producerId: 987_655n, producerEpoch: 0, baseSequence })))
      }
    }),
    script('zstd, which old versions do not know', async ({ request, topic }) => {
      const to = await topic()
      for (const version of [3, 6]) await request(Produce, version, produceTo(to, changed(good, { attributes: 4 })))
    }),
    script('a transactional batch without a transactional id, and the other way round', async ({ request, topic, name }) => {
      const to = await topic()
      const fields = { producerId: 987_656n, producerEpoch: 0, baseSequence: 0 }
      for (const version of [3, 9, 11, 12, 13]) {
        await request(Produce, version, produceTo(to, changed(good, { ...fields, attributes: 0x10 })))
        await request(Produce, version, produceTo(to, good, { transactionalId: name() }))
      }
    }),
    script('two producers of transactions in one request', async ({ request, topic, name }) => {
      const to = await topic({ partitions: 2 })
      const of = (producerId: bigint) => changed(good, { producerId, producerEpoch: 0, baseSequence: 0, attributes: 0x10 })
      const partitionData = [
        { index: 0, records: of(1001n) },
        { index: 1, records: of(1002n) },
      ]
      for (const version of [9, 12]) {
        await request(Produce, version, { transactionalId: name(), acks: -1, timeoutMs: 30_000, topicData: [{ ...to, partitionData }] })
      }
    }),
    script('versions that are told of and not served', async ({ outcome, topic, connect }) => {
      const to = await topic()
      for (const version of [0, 1, 2]) await (await connect()).outcome(Produce, version, produceTo(to, good))
      await outcome(Produce, 3, produceTo(to, good))
    }),
  ],
}
