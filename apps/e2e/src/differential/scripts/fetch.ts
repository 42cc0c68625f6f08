import { Fetch, ListOffsets, Produce } from '@k/protocol'
import { batchOf, changed } from '../batches.ts'
import { absent, fetchBody, fetchOf, produceTo } from '../requests.ts'
import { type Subject, script } from '../script.ts'

const good = batchOf(['a', 'b'])
const versions = [4, 5, 7, 9, 11, 12, 13, 15, 17, 18]

export const fetch: Subject = {
  title: 'fetch',
  scripts: [
    ...versions.map((version) =>
      script(`everything of a partition in version ${version}`, async ({ request, topic }) => {
        const from = await topic({ partitions: 2 })
        for (let i = 0; i < 3; i++) await request(Produce, 9, produceTo(from, good))
        await request(Fetch, version, fetchBody([fetchOf(from, {}, { partition: 1 })]))
        await request(Fetch, version, fetchBody([fetchOf(from, { fetchOffset: 3n })]))
      }),
    ),
    script('offsets within the log and outside', async ({ request, topic }) => {
      const from = await topic()
      await request(Produce, 9, produceTo(from, batchOf(['a', 'b', 'c'])))
      for (const version of [4, 12, 17]) {
        for (const fetchOffset of [0n, 2n, 3n, 4n, 1000n, -1n, -2n])
          await request(Fetch, version, fetchBody([fetchOf(from, { fetchOffset })]))
      }
    }),
    script('partitions and topics that are not there', async ({ request, topic, name }) => {
      const from = await topic()
      for (const version of [4, 11, 12, 13, 18]) {
        await request(Fetch, version, fetchBody([fetchOf(from, { partition: 1 }, {}, { partition: -1 })]))
        await request(Fetch, version, fetchBody([fetchOf(absent(name())), fetchOf(from)]))
      }
    }),
    script('epochs of the leader: the one that is, an older and a newer one', async ({ request, topic }) => {
      const from = await topic()
      await request(Produce, 9, produceTo(from, good))
      for (const version of [9, 12, 16]) {
        for (const currentLeaderEpoch of [0, -1, 5, -5]) await request(Fetch, version, fetchBody([fetchOf(from, { currentLeaderEpoch })]))
      }
    }),
    script('the epoch of the record before: true, too new, too old', async ({ request, topic }) => {
      const from = await topic()
      await request(Produce, 9, produceTo(from, good))
      for (const [fetchOffset, lastFetchedEpoch] of [
        [2n, 0],
        [1n, 0],
        [2n, 3],
        [2n, -1],
        [3n, 0],
        [0n, -7],
        [9n, 0],
        [9n, 4],
      ] as const) {
        await request(Fetch, 12, fetchBody([fetchOf(from, { fetchOffset, lastFetchedEpoch })]))
      }
    }),
    script('limits: of a partition, of all, and of nothing', async ({ request, topic }) => {
      const from = await topic({ partitions: 2 })
      for (const index of [0, 1, 0, 1]) await request(Produce, 9, produceTo(from, good, { index }))
      for (const partitionMaxBytes of [0, 1, good.length, good.length + 1, 2 * good.length, -1]) {
        await request(Fetch, 12, fetchBody([fetchOf(from, { partitionMaxBytes }, { partition: 1, partitionMaxBytes })]))
      }
      for (const maxBytes of [0, 1, good.length, 2 * good.length, 2 * good.length + 1, 3 * good.length, -1]) {
        await request(Fetch, 12, fetchBody([fetchOf(from, {}, { partition: 1 })], { maxBytes }))
      }
    }),
    script('a long poll that ends without records, and one that ends with them', async ({ request, topic, connect }) => {
      const from = await topic()
      await request(Fetch, 12, fetchBody([fetchOf(from)], { minBytes: 1, maxWaitMs: 50 }))
      const other = await connect()
      const polled = other.request(Fetch, 12, fetchBody([fetchOf(from)], { minBytes: 1, maxWaitMs: 10_000 }))
      await request(Produce, 9, produceTo(from, good))
      await polled
      await request(Fetch, 12, fetchBody([fetchOf(from)], { minBytes: 100_000, maxWaitMs: 50 }))
    }),
    script('a long poll that an error ends at once', async ({ request, topic, name }) => {
      const from = await topic()
      const wait = { minBytes: 1, maxWaitMs: 5_000 }
      const begun = performance.now()
      await request(Fetch, 12, fetchBody([fetchOf(from, { fetchOffset: 5n })], wait))
      await request(Fetch, 12, fetchBody([fetchOf(from, { currentLeaderEpoch: 9 })], wait))
      const took = performance.now() - begun
      if (took >= wait.maxWaitMs) throw new Error(`errors were kept back for ${took} ms`)
      // A topic that is not there ends no wait for another.
      await request(Fetch, 12, fetchBody([fetchOf(absent(name())), fetchOf(from)], wait))
      await request(Fetch, 12, fetchBody([], wait))
    }),
    script(
      'records of long ago and of today, between which Kafka begins a new segment',
      async ({ request, topic }) => {
        const from = await topic()
        await request(Produce, 9, produceTo(from, batchOf([{ value: 'old', timestamp: 1_700_000_000_000 }])))
        await request(Produce, 9, produceTo(from, good))
        await request(Fetch, 12, fetchBody([fetchOf(from)]))
      },
      [{ at: '3 Fetch.responses[0].partitions[0].records', why: 'A log is one whole; a fetch from Kafka ends where a segment ends.' }],
    ),
    script('no topics', async ({ request }) => {
      for (const version of [4, 7, 12, 13, 18]) await request(Fetch, version, fetchBody([]))
    }),
    script('one partition twice in one request', async ({ request, topic }) => {
      const from = await topic()
      await request(Produce, 9, produceTo(from, good))
      await request(Fetch, 12, fetchBody([fetchOf(from, {}, { fetchOffset: 2n })]))
      await request(Fetch, 12, fetchBody([fetchOf(from), fetchOf(from)]))
    }),
    script('an isolation level that is none', async ({ outcome, topic }) => {
      const from = await topic()
      await outcome(Fetch, 12, fetchBody([fetchOf(from)], { isolationLevel: 2 }))
    }),
    script('somebody who says that he is a replica', async ({ request, topic }) => {
      const from = await topic()
      await request(Produce, 9, produceTo(from, good))
      for (const replicaId of [7, -2, -3]) await request(Fetch, 12, fetchBody([fetchOf(from)], { replicaId }))
    }),
    script('a rack of no broker', async ({ request, topic }) => {
      const from = await topic()
      await request(Produce, 9, produceTo(from, good))
      await request(Fetch, 12, fetchBody([fetchOf(from)], { rackId: 'far' }))
    }),
    script('records of idempotent producers as they are stored', async ({ request, topic }) => {
      const from = await topic()
      await request(
        Produce,
        9,
        produceTo(from, changed(good, { producerId: 5000n, producerEpoch: 2, baseSequence: 3, partitionLeaderEpoch: 9 })),
      )
      await request(Produce, 9, produceTo(from, batchOf([{ key: 'k', value: null, headers: { h: 'v' }, timestamp: 5 }, { timestamp: 3 }])))
      await request(Fetch, 12, fetchBody([fetchOf(from)]))
      await request(ListOffsets, 7, {
        replicaId: -1,
        isolationLevel: 0,
        topics: [{ name: from.name, partitions: [{ partitionIndex: 0, timestamp: -3n }] }],
      })
    }),
  ],
}
