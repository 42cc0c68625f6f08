import type { BrokerErrorCode } from '@k/protocol'
import type { Partition } from '../partition.ts'
import type { RequestContext } from './handler.ts'

/** What was appended, and is acknowledged when every replica in sync has it. */
export interface Appended {
  readonly partition: Partition
  readonly leaderEpoch: number
  /** The offset that the high watermark has to reach. */
  readonly endOffset: number
}

/**
 * Waits until every replica in sync has what was appended, as acks -1 asks; undefined where it has already. Tells what went wrong with each.
 */
export function replicated(
  appended: readonly Appended[],
  timeoutMs: number,
  context: RequestContext,
): Promise<(BrokerErrorCode | undefined)[]> | undefined {
  if (appended.every(isReplicated)) return undefined
  return new Promise((resolve) => {
    const isDone = (each: Appended) => isReplicated(each) || hasMoved(each)
    const finish = () => {
      for (const stop of stops) stop()
      resolve(appended.map(outcomeOf))
    }
    const timer = context.cluster.options.clock.setTimer(finish, Math.max(0, timeoutMs))
    const look = () => {
      if (appended.every(isDone)) finish()
    }
    const stops = [() => timer.cancel(), ...appended.map(({ partition }) => partition.watch(look)), context.onClose(finish)]
  })
}

function isReplicated({ partition, endOffset }: Appended): boolean {
  return partition.log.highWatermark >= endOffset
}

function hasMoved({ partition, leaderEpoch }: Appended): boolean {
  return partition.leaderEpoch !== leaderEpoch
}

function outcomeOf(appended: Appended): BrokerErrorCode | undefined {
  if (hasMoved(appended)) return 'NOT_LEADER_OR_FOLLOWER'
  return isReplicated(appended) ? undefined : 'REQUEST_TIMED_OUT'
}
