// Fetch as clients before Kafka 0.11 send it (versions 0 to 3): batches become messages of magic 0 (versions 0 and 1) or 1, without compression.
// A first message that is larger than asked for is sent whole in every version, which Kafka did not do before version 3.
import type { Codecs, FetchResponse } from '@k/protocol'
import { downConverted } from '../log/message-format.ts'
import { handleFetch } from './fetch.ts'
import { type Answer, type Handler, handler } from './handler.ts'

const FIRST_WITH_BATCHES = 4

export const handleEveryFetch: Handler<typeof handleFetch.api> = handler({
  ...handleFetch,
  versions: [0, handleFetch.versions[1]],
  handle(request, context) {
    if (context.version >= FIRST_WITH_BATCHES) return handleFetch.handle(request, context)
    const answer = handleFetch.handle(request, { ...context, version: FIRST_WITH_BATCHES })
    const magic = context.version < 2 ? 0 : 1
    return Promise.resolve(answer).then((fetched) => converted(fetched, magic, context.cluster.options.codecs))
  },
})

async function converted(answer: Answer<typeof handleFetch.api>, magic: 0 | 1, codecs: Codecs): Promise<Answer<typeof handleFetch.api>> {
  if (typeof answer === 'string') return answer
  const responses = (answer as FetchResponse).responses.map(async (topic) => ({
    ...topic,
    partitions: await Promise.all(
      topic.partitions.map(async (partition) => ({
        ...partition,
        records: await downConverted(partition.records ?? Buffer.alloc(0), magic, codecs),
      })),
    ),
  }))
  return { ...answer, responses: await Promise.all(responses) }
}
