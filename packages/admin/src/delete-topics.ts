import { BrokerError, DeleteTopics, KafkaError, ZERO_UUID } from '@k/protocol'
import type { AdminCall } from './admin-call.ts'
import { refuseTwice } from './create-topics.ts'
import { type Outcome, settleItems } from './settle-items.ts'

/** A topic that was deleted. */
export interface DeletedTopic {
  /** Its name. */
  readonly topic: string
}

// The first version that names topics inside structs (KIP-516).
const STRUCTS = 6

/** Deletes topics by the controller. */
export function deleteTopics(call: AdminCall, topics: readonly string[]): Promise<DeletedTopic[]> {
  refuseTwice(topics)
  const attempt = async (pending: readonly string[]): Promise<Outcome<DeletedTopic>[]> => {
    const body = (version: number) => ({
      ...(version >= STRUCTS ? { topics: pending.map((name) => ({ name, topicId: ZERO_UUID })) } : { topicNames: pending }),
      timeoutMs: call.timeoutMs,
    })
    const { responses } = await call.request(DeleteTopics, body, 'controller')
    return pending.map((topic) => {
      const result = responses.find(({ name }) => name === topic)
      if (result === undefined) return { error: new KafkaError('MALFORMED_MESSAGE', `the broker's answer leaves out topic "${topic}"`) }
      if (result.errorCode === 0) return { value: { topic } }
      return { error: new BrokerError(result.errorCode, `cannot delete topic "${topic}"`, { brokerMessage: result.errorMessage }) }
    })
  }
  return settleItems(call, topics, attempt)
}
