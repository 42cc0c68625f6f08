// Metadata of a broker that lags behind: what it would have answered then. Topics that came later are unknown to it, and nothing is created.
import { type MetadataRequest, type MetadataResponse, ZERO_UUID } from '@k/protocol'
import type { BrokerState } from '../broker-state.ts'
import type { ClusterState } from '../cluster-state.ts'
import { errorCodeOf } from '../refusal.ts'
import { NOT_ASKED_FOR } from './authorized-operations.ts'
import { type Answer, type Handler, handler } from './handler.ts'
import { handleMetadata } from './metadata.ts'

const NEWEST = 13

export const handleEveryMetadata: Handler<typeof handleMetadata.api> = handler({
  ...handleMetadata,
  handle(request, context) {
    const { staleMetadata } = context.broker
    return staleMetadata === undefined ? handleMetadata.handle(request, context) : staleAnswer(staleMetadata, request, context.version)
  },
})

/** All that a broker answers to Metadata just now. */
export function wholeMetadata(cluster: ClusterState, broker: BrokerState): MetadataResponse {
  const request = {
    topics: null,
    allowAutoTopicCreation: false,
    includeClusterAuthorizedOperations: false,
    includeTopicAuthorizedOperations: false,
  }
  const sasl = { plainUsers: undefined, mechanism: undefined, isRaw: false, user: undefined, isRefused: false }
  const context = { cluster, broker, version: NEWEST, clientId: null, clientHost: '', sasl, onClose: () => () => {} }
  const answer = handleMetadata.handle(request, context) as MetadataResponse
  // The lists may be those that the cluster goes on to change.
  return structuredClone(answer)
}

function staleAnswer(stale: MetadataResponse, { topics: asked }: MetadataRequest, version: number): Answer<typeof handleMetadata.api> {
  if (asked === null || (version === 0 && asked.length === 0)) return stale
  const topics = asked.map(({ name, topicId }) => {
    const isById = topicId !== ZERO_UUID
    const known = stale.topics.find((topic) => (isById ? topic.topicId === topicId : topic.name === name))
    if (known !== undefined) return known
    const errorCode = errorCodeOf(isById ? 'UNKNOWN_TOPIC_ID' : 'UNKNOWN_TOPIC_OR_PARTITION')
    const unknown = { errorCode, topicId, isInternal: false, partitions: [], topicAuthorizedOperations: NOT_ASKED_FOR }
    return { ...unknown, name: isById ? null : (name ?? '') }
  })
  return { ...stale, topics }
}
