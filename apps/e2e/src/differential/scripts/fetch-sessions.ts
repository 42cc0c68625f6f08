import { Fetch, Produce } from '@k/protocol'
import { batchOf } from '../batches.ts'
import { absent, fetchBody, fetchOf, produceTo } from '../requests.ts'
import { type Play, type Subject, script } from '../script.ts'
import type { StageTopic } from '../stage.ts'

const good = batchOf(['a'])

/** Opens a session on partitions of a topic. */
async function opened({ request }: Play, from: StageTopic, partitions: readonly number[], version = 12): Promise<number> {
  const topics = [fetchOf(from, ...partitions.map((partition) => ({ partition })))]
  return (await request(Fetch, version, fetchBody(topics, { sessionEpoch: 0 }))).sessionId
}

export const fetchSessions: Subject = {
  title: 'fetch sessions',
  scripts: [
    ...[7, 12, 13, 18].map((version) =>
      script(`names only what has changed, in version ${version}`, async (play) => {
        const { request, topic } = play
        const from = await topic({ partitions: 3 })
        const sessionId = await opened(play, from, [0, 1, 2], version)
        const next = (sessionEpoch: number) => request(Fetch, version, fetchBody([], { sessionId, sessionEpoch }))
        await next(1)
        await request(Produce, 9, produceTo(from, good, { index: 1 }))
        await next(2)
        await next(3)
        await request(Fetch, version, fetchBody([fetchOf(from, { partition: 1, fetchOffset: 1n })], { sessionId, sessionEpoch: 4 }))
        await next(5)
      }),
    ),
    script('epochs that are not next', async (play) => {
      const { request, topic } = play
      const sessionId = await opened(play, await topic(), [0])
      for (const sessionEpoch of [2, 1, 1, 2, 0x7fffffff, 3]) await request(Fetch, 12, fetchBody([], { sessionId, sessionEpoch }))
    }),
    script('sessions that are not there', async ({ request, topic }) => {
      const from = await topic()
      for (const version of [7, 12, 13]) {
        await request(Fetch, version, fetchBody([], { sessionId: 123_456_789, sessionEpoch: 1 }))
        await request(Fetch, version, fetchBody([], { sessionId: 0, sessionEpoch: 1 }))
        await request(Fetch, version, fetchBody([fetchOf(from)], { sessionId: 123_456_789, sessionEpoch: 0 }))
        await request(Fetch, version, fetchBody([fetchOf(from)], { sessionId: 123_456_789, sessionEpoch: -1 }))
      }
    }),
    script('a session is closed, and its end answers in full', async (play) => {
      const { request, topic } = play
      const from = await topic({ partitions: 2 })
      const sessionId = await opened(play, from, [0, 1])
      await request(Fetch, 12, fetchBody([fetchOf(from)], { sessionId, sessionEpoch: -1 }))
      await request(Fetch, 12, fetchBody([], { sessionId, sessionEpoch: 1 }))
    }),
    script('a session in the place of another', async (play) => {
      const { request, topic } = play
      const from = await topic({ partitions: 2 })
      const sessionId = await opened(play, from, [0, 1])
      await request(Fetch, 12, fetchBody([fetchOf(from)], { sessionId, sessionEpoch: 0 }))
      await request(Fetch, 12, fetchBody([], { sessionId, sessionEpoch: 1 }))
    }),
    script('partitions are forgotten, and others come', async (play) => {
      const { request, topic } = play
      const from = await topic({ partitions: 3 })
      const sessionId = await opened(play, from, [0, 1])
      for (const index of [0, 1, 2]) await request(Produce, 9, produceTo(from, good, { index }))
      const forgottenTopicsData = [{ topic: from.name, topicId: from.topicId, partitions: [0, 2] }]
      await request(Fetch, 12, fetchBody([fetchOf(from, { partition: 2 })], { sessionId, sessionEpoch: 1, forgottenTopicsData }))
      await request(Fetch, 12, fetchBody([], { sessionId, sessionEpoch: 2 }))
    }),
    script('the last partition is forgotten', async (play) => {
      const { request, topic } = play
      const from = await topic()
      const sessionId = await opened(play, from, [0])
      const forgottenTopicsData = [{ topic: from.name, topicId: from.topicId, partitions: [0] }]
      await request(Fetch, 12, fetchBody([], { sessionId, sessionEpoch: 1, forgottenTopicsData }))
      await request(Fetch, 12, fetchBody([], { sessionId, sessionEpoch: 2 }))
    }),
    script('by name and by id in one session', async (play) => {
      const { request, topic } = play
      const from = await topic()
      const byName = await opened(play, from, [0], 12)
      await request(Fetch, 13, fetchBody([], { sessionId: byName, sessionEpoch: 1 }))
      await request(Fetch, 12, fetchBody([], { sessionId: byName, sessionEpoch: 1 }))
      const byId = await opened(play, from, [0], 13)
      await request(Fetch, 12, fetchBody([], { sessionId: byId, sessionEpoch: 1 }))
    }),
    script('errors are told again and again', async (play) => {
      const { request, topic } = play
      const from = await topic()
      const sessionId = await opened(play, from, [0, 5])
      for (const sessionEpoch of [1, 2]) await request(Fetch, 12, fetchBody([], { sessionId, sessionEpoch }))
      const far = [fetchOf(from, { fetchOffset: 100n })]
      await request(Fetch, 12, fetchBody(far, { sessionId, sessionEpoch: 3 }))
      await request(Fetch, 12, fetchBody([], { sessionId, sessionEpoch: 4 }))
    }),
    script('topics that are not there', async ({ request, topic, name }) => {
      const from = await topic()
      const gone = absent(name())
      for (const version of [12, 13, 18]) {
        const { sessionId } = await request(Fetch, version, fetchBody([fetchOf(gone), fetchOf(from)], { sessionEpoch: 0 }))
        await request(Fetch, version, fetchBody([], { sessionId, sessionEpoch: 1 }))
      }
    }),
    script('a session for nothing', async ({ request }) => {
      for (const version of [7, 13]) await request(Fetch, version, fetchBody([], { sessionEpoch: 0 }))
    }),
    script('a long poll that another one wakes', async (play) => {
      const { request, topic, connect } = play
      const from = await topic({ partitions: 2 })
      const sessionId = await opened(play, from, [0, 1])
      const other = await connect()
      const polled = other.request(Fetch, 12, fetchBody([], { sessionId, sessionEpoch: 1, minBytes: 1, maxWaitMs: 10_000 }))
      await request(Produce, 9, produceTo(from, good, { index: 1 }))
      await polled
    }),
    script('a session belongs to no connection', async (play) => {
      const sessionId = await opened(play, await play.topic(), [0])
      const other = await play.connect('another')
      await other.request(Fetch, 12, fetchBody([], { sessionId, sessionEpoch: 1 }))
      await play.request(Fetch, 12, fetchBody([], { sessionId, sessionEpoch: 2 }))
    }),
  ],
}
