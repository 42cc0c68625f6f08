// Gives topics more partitions, on brokers that are named or chosen. Any broker does it: those of Kafka pass the request on to the controller.
// There is no quota, and nothing to wait for, so the timeout is not looked at.
import { CreatePartitions, type CreatePartitionsRequest, type CreatePartitionsResponse } from '@k/protocol'
import type { ClusterState } from '../cluster-state.ts'
import { errorCodeOf, Refusal } from '../refusal.ts'
import { handler } from './handler.ts'

type TopicAnswer = CreatePartitionsResponse['results'][number]

export const handleCreatePartitions = handler({
  api: CreatePartitions,
  versions: [0, 3],
  handle({ topics, validateOnly }, { cluster }) {
    const names = topics.map(({ name }) => name)
    const twice = [...new Set(names.filter((name, i) => names.indexOf(name) !== i))]
    const once = topics.filter(({ name }) => !twice.includes(name))
    return {
      throttleTimeMs: 0,
      results: [
        ...twice.map((name) => answer(name, errorCodeOf('INVALID_REQUEST'), 'Duplicate topic name.')),
        ...once.map((topic) => extended(cluster, topic, validateOnly)),
      ],
    }
  },
  refuse: ({ topics }, code) => ({ throttleTimeMs: 0, results: topics.map(({ name }) => answer(name, errorCodeOf(code), null)) }),
})

function extended(
  cluster: ClusterState,
  { name, count, assignments }: CreatePartitionsRequest['topics'][number],
  validateOnly: boolean,
): TopicAnswer {
  const topic = cluster.topic(name)
  if (topic === undefined) return answer(name, errorCodeOf('UNKNOWN_TOPIC_OR_PARTITION'), null)
  try {
    cluster.addPartitions(topic, count, assignments?.map(({ brokerIds }) => brokerIds) ?? null, validateOnly)
    return answer(name, 0, null)
  } catch (error) {
    if (error instanceof Refusal) return answer(name, error.errorCode, error.message)
    throw error
  }
}

function answer(name: string, errorCode: number, errorMessage: string | null): TopicAnswer {
  return { name, errorCode, errorMessage }
}
