import { KafkaError } from '@k/protocol'
import type { CoordinatorKey } from './coordinators.ts'
import type { CallOptions } from './deadline.ts'
import { given } from './option-checks.ts'

/** @throws KafkaError INVALID_ARGUMENT */
function check(fits: boolean, what: string, value: unknown): void {
  if (!fits) throw new KafkaError('INVALID_ARGUMENT', `${what}; given was ${given(value)}`)
}

/** @throws KafkaError INVALID_ARGUMENT */
export function checkCall(options: (CallOptions & { readonly timeoutMs?: number | undefined }) | undefined): void {
  const { signal, timeoutMs } = Object(options)
  checkTimeout(timeoutMs)
  check(signal === undefined || typeof Object(signal).addEventListener === 'function', 'signal must be an AbortSignal', signal)
}

/** @throws KafkaError INVALID_ARGUMENT */
export function checkTimeout(timeoutMs: unknown = 0): void {
  check(typeof timeoutMs === 'number' && timeoutMs >= 0, 'timeoutMs must be a number of at least 0', timeoutMs)
}

/** @throws KafkaError INVALID_ARGUMENT */
export function checkTopics(topics: unknown = []): void {
  check(Array.isArray(topics) && topics.every(isTopic), 'topics must be an array of strings of 1 to 249 characters', topics)
}

/** @throws KafkaError INVALID_ARGUMENT */
export function checkBody(api: string, body: unknown): void {
  check(typeof body === 'object' && body !== null, `the body of ${api} must be an object`, body)
}

/** @throws KafkaError INVALID_ARGUMENT */
export function checkCoordinatorKey(key: unknown): asserts key is CoordinatorKey {
  check(isCoordinatorKey(key), 'the key must be { group } or { transactionalId }', key)
}

/** @throws KafkaError INVALID_ARGUMENT */
export function checkTarget(to: unknown): void {
  const { broker, leaderOf, coordinatorOf } = Object(to)
  const isLeader = typeof leaderOf?.partition === 'number' && isTopic(leaderOf.topic)
  const fits = to === 'any' || to === 'controller' || typeof broker === 'number' || isLeader || isCoordinatorKey(coordinatorOf)
  check(fits, "to must be 'any', 'controller', { broker }, { leaderOf } or { coordinatorOf }", to)
}

/** Kafka allows no longer names. */
function isTopic(topic: unknown): boolean {
  return typeof topic === 'string' && topic !== '' && topic.length < 250
}

function isCoordinatorKey(key: unknown): boolean {
  const { group, transactionalId } = Object(key)
  return typeof (group ?? transactionalId) === 'string' && (group === undefined) !== (transactionalId === undefined)
}
