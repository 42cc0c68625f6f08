import type { Cluster } from '@k/network'
import { BrokerError, DeleteTopics, KafkaError } from '@k/protocol'
import { refuseTwice } from './create-topics.ts'
import { type Outcome, type SettleOptions, settleItems } from './settle-items.ts'

/** A topic that was deleted. */
export interface DeletedTopic {
  readonly topic: string
}

// The first version that names topics inside structs (KIP-516).
const STRUCTS = 6

/** Deletes topics by the controller. */
export function deleteTopics(cluster: Cluster, topics: readonly string[], options: SettleOptions): Promise<DeletedTopic[]> {
  refuseTwice(topics)
  const attempt = async (pending: readonly string[]): Promise<Outcome<DeletedTopic>[]> => {
    const body = (version: number) => ({
      ...(version >= STRUCTS ? { topics: pending.map((name) => ({ name })) } : { topicNames: pending }),
      timeoutMs: options.timeoutMs,
    })
    const { responses } = await cluster.request(DeleteTopics, body, { to: 'controller', signal: options.signal })
    return pending.map((topic) => {
      const result = responses.find(({ name }) => name === topic)
      if (result === undefined) return { error: new KafkaError('MALFORMED_MESSAGE', `the broker's answer leaves out topic "${topic}"`) }
      if (result.errorCode === 0) return { value: { topic } }
      return { error: new BrokerError(result.errorCode, `cannot delete topic "${topic}"`, { brokerMessage: result.errorMessage }) }
    })
  }
  return settleItems(cluster, topics, attempt, options)
}
