import type { Backoff } from '@k/network'
import type { Timer } from '@k/protocol'

/** What is left alone for a while after an error: a partition, a broker. */
export interface Held {
  /** Set while it is left alone. */
  hold: Timer | undefined
  /** Made at the first error, gone with the first success. */
  backoff: Backoff | undefined
}
