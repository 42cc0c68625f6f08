import { KafkaError } from '@k/protocol'
import type { CoordinatorKey } from './coordinators.ts'
import type { CallOptions } from './deadline.ts'
import { given } from './option-checks.ts'

// Kafka allows no longer names.
const LONGEST_TOPIC = 249

function refuse(what: string, value: unknown): never {
  throw new KafkaError('INVALID_ARGUMENT', `${what}; given was ${given(value)}`)
}

/** @throws KafkaError INVALID_ARGUMENT */
export function checkCall(options: CallOptions | undefined): void {
  const signal: unknown = options?.signal
  if (signal === undefined || typeof Object(signal).addEventListener === 'function') return
  refuse('signal must be an AbortSignal', signal)
}

/** @throws KafkaError INVALID_ARGUMENT */
export function checkTimeout(timeoutMs: unknown): void {
  if (timeoutMs === undefined || (typeof timeoutMs === 'number' && timeoutMs >= 0)) return
  refuse('timeoutMs must be a number of at least 0', timeoutMs)
}

/** @throws KafkaError INVALID_ARGUMENT */
export function checkTopic(topic: unknown): void {
  if (typeof topic === 'string' && topic !== '' && topic.length <= LONGEST_TOPIC) return
  refuse(`a topic must be a string of 1 to ${LONGEST_TOPIC} characters`, topic)
}

/** @throws KafkaError INVALID_ARGUMENT */
export function checkTopics(topics: unknown): void {
  if (topics === undefined) return
  if (!Array.isArray(topics)) refuse('topics must be an array of strings', topics)
  for (const topic of topics) checkTopic(topic)
}

/** @throws KafkaError INVALID_ARGUMENT */
export function checkBody(api: string, body: unknown): void {
  if (typeof body === 'object' && body !== null) return
  refuse(`the body of ${api} must be an object, or a function that returns one`, body)
}

/** @throws KafkaError INVALID_ARGUMENT */
export function checkCoordinatorKey(key: unknown): asserts key is CoordinatorKey {
  const { group, transactionalId } = Object(key)
  if (typeof (group ?? transactionalId) === 'string' && (group === undefined) !== (transactionalId === undefined)) return
  refuse('a coordinator is that of { group } or of { transactionalId }', key)
}

/** @throws KafkaError INVALID_ARGUMENT */
export function checkTarget(to: unknown): void {
  const { broker, leaderOf, coordinatorOf } = Object(to)
  if (to === 'any' || to === 'controller' || typeof broker === 'number') return
  const { topic, partition } = Object(leaderOf)
  if (coordinatorOf !== undefined) checkCoordinatorKey(coordinatorOf)
  else if (typeof partition === 'number') checkTopic(topic)
  else refuse("to must be 'any', 'controller', { broker }, { leaderOf: { topic, partition } } or { coordinatorOf }", to)
}
