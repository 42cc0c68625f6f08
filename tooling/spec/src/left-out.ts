import { type Versions, within, without } from './versions.ts'

/** What the specification has and we do not declare, knowingly. */
export interface LeftOut {
  /** A message, or an API and so both its messages. */
  readonly name: string
  /** Default: all. */
  readonly versions?: string
  readonly reason: string
}

const BETWEEN_BROKERS = 'between brokers and controllers of releases before 4.0, which no client takes part in'
const NEVER_ENABLED = 'an early design, marked unstable in 3.9 and never enabled by default'

/** Every decision to leave something out. One that is needed no more is drift too. */
export const leftOut: readonly LeftOut[] = [
  { name: 'LeaderAndIsr', reason: BETWEEN_BROKERS },
  { name: 'StopReplica', reason: BETWEEN_BROKERS },
  { name: 'UpdateMetadata', reason: BETWEEN_BROKERS },
  { name: 'ControlledShutdown', reason: BETWEEN_BROKERS },
  { name: 'AlterPartition', versions: '0-1', reason: BETWEEN_BROKERS },
  { name: 'RequestHeader', versions: '0', reason: 'stood before ControlledShutdown 0 alone' },
  { name: 'ListClientMetricsResources', reason: 'the name of ListConfigResources 0 before 4.0; its bytes are the same' },
  { name: 'ShareGroupHeartbeat', versions: '0', reason: NEVER_ENABLED },
  { name: 'ShareGroupDescribe', versions: '0', reason: NEVER_ENABLED },
  { name: 'ShareFetch', versions: '0', reason: NEVER_ENABLED },
  { name: 'ShareAcknowledge', versions: '0', reason: NEVER_ENABLED },
]

/** Whether a decision is about a message. */
export function concerns({ name }: LeftOut, message: string): boolean {
  return message === name || message === `${name}Request` || message === `${name}Response`
}

/** Those of a message's versions that are to be declared. */
export function keptVersions(message: string, versions: Versions, decisions: readonly LeftOut[]): Versions {
  return decisions
    .filter((decision) => concerns(decision, message))
    .reduce((kept, decision) => without(kept, within(kept, decision.versions ?? '0+')), versions)
}
