import type { AnyApi, Clock } from '@k/protocol'
import { awaiting, type Truthy, type WaitOptions } from './awaiting.ts'
import type { ClusterState } from './cluster-state.ts'
import type { RecordedRequest, RecordedRequests } from './control/recorded-requests.ts'
import { checkCallback } from './option-checks.ts'
import { systemClock } from './system-clock.ts'
import { VirtualClock } from './time/virtual-clock.ts'

/** The clock on which a test waits: where the hands of the cluster's turn by themselves, the test lives in virtual time itself. */
export function waitingClockOf(cluster: ClusterState): Clock {
  const { clock } = cluster.options
  return clock instanceof VirtualClock && clock.isRunning ? clock : systemClock
}

/** Finds a request among those that were seen, or waits for it. @throws KafkaError TIMED_OUT */
export async function awaitRequest<A extends AnyApi>(
  api: A,
  predicate: (request: RecordedRequest<A>) => boolean,
  requests: RecordedRequests,
  clock: Clock,
  options: WaitOptions | undefined,
): Promise<RecordedRequest<A>> {
  checkCallback('the predicate', predicate)
  const find = () => requests.list(api).find(predicate)
  const what = () => `no such ${api.name} request was seen (of ${requests.list(api).length}; requests.format() shows all)`
  return (await awaiting(find, (look) => requests.onRequest(look), what, options, clock)) as RecordedRequest<A>
}

/** Asks after each change of the cluster. @throws KafkaError TIMED_OUT */
export async function awaitChange<T>(
  predicate: () => T | Promise<T>,
  cluster: ClusterState,
  options: WaitOptions | undefined,
): Promise<Truthy<T>> {
  checkCallback('what is waited for', predicate)
  const what = () => `${predicate} did not come true`
  return awaiting(predicate, (look) => cluster.onChange(look), what, options, waitingClockOf(cluster))
}
