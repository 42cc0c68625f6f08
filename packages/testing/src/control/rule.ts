import type { AnyApi, RequestOf } from '@k/protocol'
import type { WaitOptions } from '../awaiting.ts'

/** Which requests of an API a rule is for. Default: all. */
export interface RuleFilter<A extends AnyApi> {
  /** Only those that this broker gets. */
  readonly broker?: number
  /** Only those of this client. */
  readonly clientId?: string
  /** Only those that come on this connection, by the number that recorded requests have. */
  readonly connection?: number
  /** Only those for which this is true of the decoded request. */
  readonly when?: (request: RequestOf<A>) => boolean
}

/** When a fault strikes. */
export interface FaultOptions {
  /** After the broker has done the work, so that only the answer is lost, late or another. Default: false */
  readonly afterWork?: boolean
}

/** A fault that was set, for as long as it lasts. */
export interface Rule {
  /** How many requests it has struck. */
  readonly hits: number
  /** Ends the rule. A second call does nothing. */
  remove(): void
  /**
   * Waits until it has struck so many requests.
   * @param count - default: 1
   * @throws KafkaError TIMED_OUT
   */
  struck(count?: number, options?: WaitOptions): Promise<void>
}

/** A fault that keeps requests waiting. */
export interface HoldRule extends Rule {
  /** How many wait just now. */
  readonly held: number
  /** Lets go all that wait, and ends the rule. */
  release(): void
}
