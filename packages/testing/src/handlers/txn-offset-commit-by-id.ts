// TxnOffsetCommit as clients of Kafka 4.4 send it (version 6): topics by their ids.
import type { TxnOffsetCommit, TxnOffsetCommitRequest, TxnOffsetCommitResponse } from '@k/protocol'
import { errorCodeOf } from '../refusal.ts'
import { type Answer, type Handler, handler } from './handler.ts'
import { handleTxnOffsetCommit } from './txn-offset-commit.ts'

const FIRST_WITH_IDS = 6

export const handleEveryTxnOffsetCommit: Handler<typeof TxnOffsetCommit> = handler({
  ...handleTxnOffsetCommit,
  versions: [0, FIRST_WITH_IDS],
  handle(request, context) {
    if (context.version < FIRST_WITH_IDS) return handleTxnOffsetCommit.handle(request, context)
    const topics = request.topics.map((topic) => ({ ...topic, name: context.cluster.topicById(topic.topicId)?.name ?? '' }))
    const answer = handleTxnOffsetCommit.handle({ ...request, topics }, context)
    return answer instanceof Promise ? answer.then((later) => told(later, topics)) : told(answer, topics)
  },
})

function told(answer: Answer<typeof TxnOffsetCommit>, topics: TxnOffsetCommitRequest['topics']): Answer<typeof TxnOffsetCommit> {
  if (typeof answer === 'string') return answer
  const errorCode = errorCodeOf('UNKNOWN_TOPIC_ID')
  return {
    ...answer,
    topics: (answer as TxnOffsetCommitResponse).topics.map((topic, i) => {
      if (topics[i]?.name !== '') return topic
      return { ...topic, partitions: topic.partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })) }
    }),
  }
}
