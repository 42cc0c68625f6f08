// ListOffsets as clients before Kafka 0.10.1 send it (version 0): a list of offsets where segments begin, the newest first, and not the offset of a
// record. Here a log is one segment, which was written to last when its newest record was.
import type { ListOffsetsResponse } from '@k/protocol'
import { type Answer, type Handler, handler } from './handler.ts'
import { handleListOffsets } from './list-offsets.ts'

const LATEST = -1n
const EARLIEST = -2n
const NEWEST_RECORD = -3n

/** The version in which each of them may be asked for. */
const ANY_MARK = 7

type Topics = ListOffsetsResponse['topics']

export const handleEveryListOffsets: Handler<typeof handleListOffsets.api> = handler({
  ...handleListOffsets,
  versions: [0, handleListOffsets.versions[1]],
  async handle(request, context) {
    if (context.version > 0) return handleListOffsets.handle(request, context)
    const ask = async (timestamp: bigint): Promise<Topics | Answer<typeof handleListOffsets.api>> => {
      const topics = request.topics.map((topic) => ({
        ...topic,
        partitions: topic.partitions.map((partition) => ({ ...partition, timestamp })),
      }))
      const answer = await handleListOffsets.handle({ ...request, topics }, { ...context, version: ANY_MARK })
      return typeof answer === 'string' ? answer : (answer.topics as Topics)
    }
    const [end, start, newest] = [await ask(LATEST), await ask(EARLIEST), await ask(NEWEST_RECORD)]
    if (!Array.isArray(end) || !Array.isArray(start) || !Array.isArray(newest)) return 'disconnect'
    return {
      topics: (end as Topics).map((topic, t) => ({
        ...topic,
        partitions: topic.partitions.map((partition, p) => {
          const { timestamp = LATEST, maxNumOffsets = 1 } = request.topics[t]?.partitions[p] ?? {}
          const first = (start as Topics)[t]?.partitions[p]?.offset ?? 0n
          const written = (newest as Topics)[t]?.partitions[p]?.timestamp ?? -1n
          const all = timestamp === EARLIEST ? [first] : timestamp === LATEST || timestamp >= written ? [partition.offset, first] : []
          const { partitionIndex, errorCode } = partition
          return { partitionIndex, errorCode, oldStyleOffsets: errorCode === 0 ? [...new Set(all)].slice(0, maxNumOffsets) : [] }
        }),
      })),
    }
  },
})
