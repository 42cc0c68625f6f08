import { KafkaError } from '@k/protocol'
import type { CoordinatorKey } from './coordinators.ts'
import type { CallOptions } from './deadline.ts'
import { given } from './option-checks.ts'

// Kafka allows no longer names.
const LONGEST_TOPIC = 249

function refuse(what: string): never {
  throw new KafkaError('INVALID_ARGUMENT', what)
}

/** @throws KafkaError INVALID_ARGUMENT */
export function checkCall(options: CallOptions | undefined): void {
  const signal: unknown = options?.signal
  if (signal === undefined) return
  const { aborted, addEventListener } = (typeof signal === 'object' && signal !== null ? signal : {}) as Partial<AbortSignal>
  if (typeof aborted === 'boolean' && typeof addEventListener === 'function') return
  refuse(`signal must be an AbortSignal; given was ${given(signal)} (of an AbortController, hand in its signal)`)
}

/** @throws KafkaError INVALID_ARGUMENT */
export function checkTimeout(timeoutMs: unknown): void {
  if (timeoutMs === undefined || (typeof timeoutMs === 'number' && timeoutMs >= 0)) return
  refuse(`timeoutMs must be a number of milliseconds of at least 0; given was ${given(timeoutMs)}`)
}

/** @throws KafkaError INVALID_ARGUMENT */
export function checkTopic(topic: unknown): void {
  if (typeof topic === 'string' && topic !== '' && topic.length <= LONGEST_TOPIC) return
  refuse(`a topic must be a string of 1 to ${LONGEST_TOPIC} characters; given was ${given(topic)}`)
}

/** @throws KafkaError INVALID_ARGUMENT */
export function checkTopics(topics: unknown): void {
  if (topics === undefined) return
  if (!Array.isArray(topics)) refuse(`topics must be an array of strings; given was ${given(topics)}`)
  for (const topic of topics) checkTopic(topic)
}

/** @throws KafkaError INVALID_ARGUMENT */
export function checkBody(api: string, body: unknown): void {
  if (typeof body === 'object' && body !== null) return
  refuse(`the body of ${api} must be an object, or a function of the version that returns one; given was ${given(body)}`)
}

/** @throws KafkaError INVALID_ARGUMENT */
export function checkCoordinatorKey(key: unknown): asserts key is CoordinatorKey {
  const { group, transactionalId } = (typeof key === 'object' && key !== null ? key : {}) as Record<string, unknown>
  if (typeof (group ?? transactionalId) === 'string' && (group === undefined) !== (transactionalId === undefined)) return
  refuse(`a coordinator is that of { group } or of { transactionalId }; given was ${given(key)}`)
}

/** @throws KafkaError INVALID_ARGUMENT */
export function checkTarget(to: unknown): void {
  if (to === 'any' || to === 'controller') return
  const { broker, leaderOf, coordinatorOf } = (typeof to === 'object' && to !== null ? to : {}) as Record<string, unknown>
  if (typeof broker === 'number') return
  if (coordinatorOf !== undefined) {
    checkCoordinatorKey(coordinatorOf)
    return
  }
  const { topic, partition } = (typeof leaderOf === 'object' && leaderOf !== null ? leaderOf : {}) as Record<string, unknown>
  if (typeof partition === 'number') {
    checkTopic(topic)
    return
  }
  refuse(
    `to must be 'any', 'controller', { broker }, { leaderOf: { topic, partition } } or { coordinatorOf: { group } }; given was ${given(to)}`,
  )
}
