import type { Logger } from '@k/network'
import type { Clock, Timer } from '@k/protocol'
import type { Membership } from './group/membership.ts'
import type { RecordStream } from './record-stream.ts'

const LOOKS = 20

/**
 * Watches how long the user holds on to one record or batch, without a look at the clock for each: a few looks per `maxPollIntervalMs` tell
 * whether the same is still in hand.
 */
export class PollWatch {
  readonly #clock: Clock
  readonly #stream: RecordStream<unknown, unknown>
  readonly #membership: Membership
  readonly #maxPollIntervalMs: number
  readonly #logger: Logger
  #timer: Timer | undefined
  #handedOut = -1
  #since = 0
  #isWarned = false
  #isSuspended = false

  constructor(clock: Clock, stream: RecordStream<unknown, unknown>, membership: Membership, maxPollIntervalMs: number, logger: Logger) {
    this.#clock = clock
    this.#stream = stream
    this.#membership = membership
    this.#maxPollIntervalMs = maxPollIntervalMs
    this.#logger = logger
  }

  start(): void {
    this.#timer = this.#clock.setTimer(() => {
      this.#look()
      this.start()
    }, this.#maxPollIntervalMs / LOOKS)
  }

  stop(): void {
    this.#timer?.cancel()
  }

  #look(): void {
    const { handedOut, inHand } = this.#stream
    const now = this.#clock.monotonic()
    if (inHand === undefined || handedOut !== this.#handedOut) {
      this.#handedOut = handedOut
      this.#since = now
      this.#isWarned = false
      if (!this.#isSuspended) return
      this.#isSuspended = false
      this.#membership.resume()
      return
    }
    const heldMs = now - this.#since
    const { topic, partition, offset } = inHand
    const facts = { topic, partition, offset, heldMs: Math.round(heldMs), maxPollIntervalMs: this.#maxPollIntervalMs }
    if (heldMs >= this.#maxPollIntervalMs && !this.#isSuspended) {
      this.#isSuspended = true
      this.#logger.warn(
        'a record is in hand for longer than maxPollIntervalMs: this consumer leaves its group until the next is asked for',
        facts,
      )
      this.#membership.suspend(`a record was in hand for longer than ${this.#maxPollIntervalMs} ms`)
    } else if (heldMs * 2 >= this.#maxPollIntervalMs && !this.#isWarned) {
      this.#isWarned = true
      this.#logger.warn('a record is in hand for half of maxPollIntervalMs', facts)
    }
  }
}
