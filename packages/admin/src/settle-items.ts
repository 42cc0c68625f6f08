import { type ItemResult, ItemsError } from '@k/network'
import { KafkaError, type KafkaErrorCode } from '@k/protocol'
import type { AdminCall } from './admin-call.ts'

/** What became of one item in one attempt. */
export type Outcome<T> = { readonly value: T } | { readonly error: KafkaError }

// What passes by itself without anything having been done. A REQUEST_TIMED_OUT is not among them: the change may have been made.
const ASKED_AGAIN: ReadonlySet<KafkaErrorCode> = new Set([
  'NOT_CONTROLLER',
  'THROTTLING_QUOTA_EXCEEDED',
  'LEADER_NOT_AVAILABLE',
  'COORDINATOR_LOAD_IN_PROGRESS',
  'COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR',
])

function passes<T>(outcome: Outcome<T> | undefined): outcome is { readonly error: KafkaError } {
  return outcome !== undefined && 'error' in outcome && ASKED_AGAIN.has(outcome.error.code)
}

/**
 * Asks for several items until each has an outcome: what a broker refuses for now is asked for again, alone, until the deadline. Resolves with
 * one value per item, in the order of the items.
 * @throws ItemsError with every item's outcome where any failed
 */
export async function settleItems<I, T>(
  call: AdminCall,
  items: readonly I[],
  attempt: (pending: readonly I[]) => Promise<readonly Outcome<T>[]>,
): Promise<T[]> {
  const outcomes = new Map<I, Outcome<T>>()
  const isSettled = (item: I) => {
    const outcome = outcomes.get(item)
    return outcome !== undefined && !passes(outcome)
  }
  const round = async () => {
    const pending = items.filter((item) => !isSettled(item))
    const answers = await attempt(pending)
    for (const [i, item] of pending.entries()) outcomes.set(item, answers[i] as Outcome<T>)
    const refused = answers.find(passes)
    if (refused !== undefined) throw refused.error
  }
  if (items.length === 0) return []
  try {
    await call.retry(round)
  } catch (error) {
    // Nothing is known of any item: the call failed as a whole. Otherwise each item tells its own story below.
    if (outcomes.size === 0 || !KafkaError.is(error)) throw error
    for (const item of items) if (!isSettled(item)) outcomes.set(item, { error })
  }
  const results = items.map((item): ItemResult<I, T> => {
    const outcome = outcomes.get(item) as Outcome<T>
    return 'value' in outcome ? { ok: true, item, value: outcome.value } : { ok: false, item, error: outcome.error }
  })
  if (results.some((result) => !result.ok)) throw new ItemsError(call.what, results)
  return results.map((result) => (result as { value: T }).value)
}
