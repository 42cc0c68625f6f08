import { Backoff } from '@k/network'
import type { Clock, Random } from '@k/protocol'
import { Alarm } from './alarm.ts'

/** What looking topics up needs. */
export interface TopicLookupOptions {
  readonly clock: Clock
  readonly random: Random
  readonly retryBackoffMs: number
  readonly retryBackoffMaxMs: number
  /** Fetches what the cluster says of these topics. */
  refresh(topics: readonly string[]): Promise<void>
  /** A topic was fetched, or could not be. Answers whether it must be looked up again. */
  lookedUp(topic: string, error: unknown): boolean
}

interface Wanted {
  readonly backoff: Backoff
  /** Not before: monotonic milliseconds. */
  lookUpAt: number
}

/** Looks up topics that are unknown, or whose leaders have moved, until enough is known: at once, then with growing pauses for each topic. */
export class TopicLookup {
  readonly #options: TopicLookupOptions
  readonly #wanted = new Map<string, Wanted>()
  readonly #alarm: Alarm
  #isRunning = false
  #isClosed = false

  constructor(options: TopicLookupOptions) {
    this.#options = options
    this.#alarm = new Alarm(options.clock, () => this.#run(), true)
  }

  /** The topic must be looked up. */
  want(topic: string): void {
    if (this.#isClosed || this.#wanted.has(topic)) return
    this.#wanted.set(topic, { backoff: new Backoff(this.#options), lookUpAt: 0 })
    this.#run()
  }

  close(): void {
    this.#isClosed = true
    this.#wanted.clear()
    this.#alarm.clear()
  }

  #run(): void {
    if (this.#isRunning) return
    const now = this.#options.clock.monotonic()
    const due: string[] = []
    for (const [topic, { lookUpAt }] of this.#wanted) {
      if (lookUpAt <= now) due.push(topic)
      else this.#alarm.at(lookUpAt)
    }
    if (due.length === 0) return
    this.#isRunning = true
    this.#options.refresh(due).then(
      () => this.#ended(due, undefined),
      (error: unknown) => this.#ended(due, error ?? new Error('the lookup failed')),
    )
  }

  #ended(topics: readonly string[], error: unknown): void {
    const now = this.#options.clock.monotonic()
    for (const topic of topics) {
      const wanted = this.#wanted.get(topic)
      if (wanted === undefined) continue
      if (this.#options.lookedUp(topic, error)) wanted.lookUpAt = now + wanted.backoff.next()
      else this.#wanted.delete(topic)
    }
    this.#isRunning = false
    this.#run()
  }
}
