// OffsetFetch as clients before Kafka 0.8.2 send it (version 0), whose offsets lay in ZooKeeper: here they are those of the group, and where there
// is none the partition counts as unknown.
import type { OffsetFetchResponse } from '@k/protocol'
import { errorCodeOf } from '../refusal.ts'
import { type Answer, type Handler, handler } from './handler.ts'
import { handleOffsetFetch } from './offset-fetch.ts'

export const handleEveryOffsetFetch: Handler<typeof handleOffsetFetch.api> = handler({
  ...handleOffsetFetch,
  versions: [0, handleOffsetFetch.versions[1]],
  handle(request, context) {
    if (context.version > 0) return handleOffsetFetch.handle(request, context)
    return Promise.resolve(handleOffsetFetch.handle(request, { ...context, version: 1 })).then(converted)
  },
})

function converted(answer: Answer<typeof handleOffsetFetch.api>): Answer<typeof handleOffsetFetch.api> {
  if (typeof answer === 'string') return answer
  const topics = (answer as OffsetFetchResponse).topics.map((topic) => ({
    ...topic,
    partitions: topic.partitions.map((partition) => {
      const isMissing = partition.errorCode === 0 && partition.committedOffset < 0n
      return isMissing ? { ...partition, errorCode: errorCodeOf('UNKNOWN_TOPIC_OR_PARTITION') } : partition
    }),
  }))
  return { ...answer, topics }
}
