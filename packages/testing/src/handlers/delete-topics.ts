// Deletes topics by name or by id, with their records and the offsets that groups have committed for them. A topic of the same name that is
// created later has another id. Any broker does it; there is nothing to wait for.
import { type BrokerErrorCode, DeleteTopics, type DeleteTopicsRequest, type DeleteTopicsResponse, ZERO_UUID } from '@k/protocol'
import type { ClusterState } from '../cluster-state.ts'
import { errorCodeOf } from '../refusal.ts'
import { handler } from './handler.ts'

type TopicAnswer = DeleteTopicsResponse['responses'][number]

interface Named {
  readonly name: string | null
  readonly topicId: string
}

export const handleDeleteTopics = handler({
  api: DeleteTopics,
  versions: [0, 6],
  handle(request, { cluster, version }) {
    const asked = namesOf(request, version)
    const keys = asked.map(({ name, topicId }) => name ?? topicId)
    const ids = asked.flatMap(({ name, topicId }) => (name === null ? [topicId] : []))
    /** Names of topics that are asked for by their ids, too. */
    const clashes = asked.flatMap(({ name }) => {
      const topic = name === null ? undefined : cluster.topic(name)
      return topic !== undefined && ids.includes(topic.topicId) ? [topic] : []
    })
    const responses = asked.map((topic, i) => {
      const clash = clashes.find(({ name, topicId }) => topic.name === name || (topic.name === null && topic.topicId === topicId))
      if (clash !== undefined) return refused(clash, 'INVALID_REQUEST', 'The provided topic name maps to an ID that was already supplied.')
      const isTwice = keys.indexOf(keys[i] as string) !== keys.lastIndexOf(keys[i] as string)
      if (isTwice) return refused(topic, 'INVALID_REQUEST', `Duplicate topic ${topic.name === null ? 'id' : 'name'}.`)
      return deleted(cluster, topic)
    })
    // Each of several that are one and the same is answered once.
    const isNew = (i: number) => keys.indexOf(keys[i] as string) === i && !clashes.some(({ topicId }) => keys[i] === topicId)
    return { responses: responses.filter((_, i) => isNew(i)) }
  },
  refuse: (request, code, { version }) => ({ responses: namesOf(request, version).map((topic) => refused(topic, code)) }),
})

function namesOf({ topics, topicNames }: DeleteTopicsRequest, version: number): Named[] {
  return version >= 6 ? [...topics] : topicNames.map((name) => ({ name, topicId: ZERO_UUID }))
}

function deleted(cluster: ClusterState, asked: Named): TopicAnswer {
  const isId = asked.topicId !== ZERO_UUID
  if (asked.name === null && !isId) return refused(asked, 'INVALID_REQUEST', 'Neither topic name nor id were specified.')
  if (asked.name !== null && isId) return refused(asked, 'INVALID_REQUEST', 'You may not specify both topic name and topic id.')
  const topic = asked.name === null ? cluster.topicById(asked.topicId) : cluster.topic(asked.name)
  if (topic === undefined && isId) return refused(asked, 'UNKNOWN_TOPIC_ID', 'This server does not host this topic ID.')
  if (topic === undefined) return refused(asked, 'UNKNOWN_TOPIC_OR_PARTITION', 'This server does not host this topic-partition.')
  cluster.deleteTopic(topic)
  return { name: topic.name, topicId: topic.topicId, errorCode: 0, errorMessage: null }
}

function refused({ name, topicId }: Named, code: BrokerErrorCode, errorMessage: string | null = null): TopicAnswer {
  return { name, topicId, errorCode: errorCodeOf(code), errorMessage }
}
