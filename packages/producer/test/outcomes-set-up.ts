import { type BrokerErrorCode, brokerErrorRow } from '@k/protocol'
import { AttemptOutcomes } from '../src/attempt-outcomes.ts'
import { Meters } from '../src/meters.ts'
import type { PartitionProduceResponse } from '../src/produce-request.ts'
import { ManualClock } from './manual-clock.ts'
import { queueSetUp } from './queue-set-up.ts'

export const BROKER = 1

/** One partition, and what becomes of its batches. */
export function setUpOutcomes(options: { acks?: number; retries?: number; idempotent?: boolean; produceVersion?: number } = {}) {
  const { acks = -1, produceVersion = 13, retries = 2 ** 31 - 1, idempotent = acks === -1 } = options
  const clock = new ManualClock()
  const lookedUp: string[] = []
  const outcomes = new AttemptOutcomes(BROKER, {
    acks,
    retries,
    retryBackoffMs: 100,
    retryBackoffMaxMs: 1_000,
    clock,
    random: { next: () => 0.5 },
    cluster: { versionOf: () => produceVersion },
    meters: new Meters(clock, 'test'),
    lookup: { want: (topic) => lookedUp.push(topic) },
  })
  return { ...queueSetUp({ idempotent }), outcomes, clock, lookedUp }
}

/** What a broker says of a partition. */
export function answer(code: BrokerErrorCode | number, rest: Partial<PartitionProduceResponse> = {}): PartitionProduceResponse {
  return {
    index: 0,
    errorCode: typeof code === 'number' ? code : brokerErrorRow(code).errorCode,
    baseOffset: -1n,
    logAppendTimeMs: -1n,
    logStartOffset: -1n,
    recordErrors: [],
    errorMessage: null,
    currentLeader: { leaderId: -1, leaderEpoch: -1 },
    ...rest,
  }
}
