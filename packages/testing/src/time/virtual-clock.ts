import { type Clock, ConfigError, KafkaError, type Random, type Timer } from '@k/protocol'
import { checkCallback, shown } from '../option-checks.ts'
import { systemClock } from '../system-clock.ts'
import { TimerQueue } from './timer-queue.ts'

/** What a {@link VirtualClock} begins with. */
export interface VirtualClockOptions {
  /** The wall clock's time, in milliseconds since the epoch. Default: 1700000000000, in November 2023 */
  readonly now?: number
  /** Chooses among timers that are due at the same time. Default: they fire in the order in which they were set. */
  readonly random?: Random
}

/** How long something may take. */
export interface VirtualTimeLimit {
  /** Milliseconds of virtual time. Default: 3600000, an hour */
  readonly limitMs?: number
}

/** So many steps without time going on mean that something goes round and round. */
const MOST_STEPS_AT_ONE_TIME = 20_000
/** Less than this is lost in the fractions of a long time. */
const SHORTEST_MS = 1e-6
const SOME_TIME = 1_700_000_000_000
const AN_HOUR_MS = 3_600_000

/**
 * A clock whose hands a test turns: for the option `clock` of a `FakeCluster` and of clients at once, so that session timeouts, backoff and
 * linger pass in no time. Between two timers everything runs that waits for nothing but promises; sockets and threads are not waited for, so
 * connect clients by `kafka.transport`.
 */
export class VirtualClock implements Clock {
  readonly #start: number
  readonly #timers: TimerQueue
  readonly #watchers = new Set<() => boolean>()
  #ticks: (() => void)[] = []
  #elapsed = 0
  #isRunning = false
  #turnIsSet = false

  /** @throws ConfigError for a time that is no number */
  constructor({ now = SOME_TIME, random }: VirtualClockOptions = {}) {
    if (!Number.isFinite(now))
      throw new ConfigError('now', `must be milliseconds since the epoch, as Date.now() has them, not ${shown(now)}`)
    this.#start = now
    this.#timers = new TimerQueue(random)
  }

  /** The wall clock's time, in whole milliseconds since the epoch. */
  now(): number {
    return Math.floor(this.#start + this.#elapsed)
  }

  /** Milliseconds since the clock was made. */
  monotonic(): number {
    return this.#elapsed
  }

  /** How many timers are set. */
  get pending(): number {
    return this.#timers.length
  }

  /** Whether time goes on by itself just now: in `advance`, `run`, `runUntil` and in a simulation. */
  get isRunning(): boolean {
    return this.#isRunning
  }

  /** Calls `callback` when `ms` of virtual time have passed. */
  setTimer(callback: () => void, ms: number): Timer {
    // What is left of a deadline after rounding is a time too: whoever waits for it must not find the same moment again.
    const wait = ms > 0 ? Math.max(ms, SHORTEST_MS) : 0
    const timer = this.#timers.add(this.#elapsed + wait, callback)
    return { cancel: () => this.#timers.remove(timer) }
  }

  /** Calls `callback` when all that waits for promises alone has run; no time passes. */
  endOfTick(callback: () => void): void {
    this.#ticks.push(callback)
    this.#setTurn()
  }

  /** While nobody turns the hands, what waits for nothing but the end of a turn goes on by the machine's turns. */
  #setTurn(): void {
    if (this.#isRunning || this.#turnIsSet) return
    this.#turnIsSet = true
    systemClock.endOfTick(() => {
      this.#turnIsSet = false
      if (!this.#isRunning) this.#runTicks()
    })
  }

  #runTicks(): void {
    const ticks = this.#ticks
    this.#ticks = []
    for (const tick of ticks) tick()
  }

  /** Waits for `ms` of virtual time, which somebody else must let pass. */
  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.setTimer(resolve, ms))
  }

  /** Lets `ms` pass: every timer fires at its time, and what it causes runs before the next. What was under way before runs first. */
  async advance(ms: number): Promise<void> {
    if (!(ms >= 0)) throw new KafkaError('INVALID_ARGUMENT', `time goes on by milliseconds of at least 0, not ${ms}`)
    if (this.#isRunning) return this.sleep(ms)
    const end = this.#elapsed + ms
    await this.#drive(() => false, end)
    this.#elapsed = end
  }

  /**
   * Lets time pass, from timer to timer, until `condition` returns something that counts as true, and returns that. It is asked after each step.
   * @throws KafkaError TIMED_OUT after `limitMs`, or when nothing is left that could happen
   */
  async runUntil<T>(condition: () => T, { limitMs = AN_HOUR_MS }: VirtualTimeLimit = {}): Promise<T> {
    checkCallback('what is waited for', condition)
    let found = condition()
    const look = () => {
      found ||= condition()
      return Boolean(found)
    }
    const what = () => `${condition} did not come true`
    if (this.#isRunning) await this.#watch(look, what, limitMs)
    else this.#checkEnd(await this.#drive(look, this.#elapsed + limitMs), what, limitMs)
    return found
  }

  /**
   * Lets time pass, from timer to timer, until `work` is done, and returns what it returned.
   * @throws what `work` throws; KafkaError TIMED_OUT after `limitMs`, or when nothing is left that could happen
   */
  async run<T>(work: Promise<T> | (() => Promise<T>), { limitMs = AN_HOUR_MS }: VirtualTimeLimit = {}): Promise<T> {
    if (typeof work !== 'function' && typeof work?.then !== 'function') {
      throw new KafkaError('INVALID_ARGUMENT', `what is run must be a promise, or a function that returns one, not ${shown(work)}`)
    }
    let isDone = false
    const done = () => {
      isDone = true
    }
    // Later, so that it begins when time goes on by itself already.
    const promise = typeof work === 'function' ? Promise.resolve().then(work) : work
    promise.then(done, done)
    await this.runUntil(() => isDone, { limitMs }).catch((error) => {
      throw KafkaError.is(error, 'TIMED_OUT')
        ? new KafkaError('TIMED_OUT', error.message.replace(/^.*? did not/s, 'what was run did not'))
        : error
    })
    return promise
  }

  /** Waits while another one lets time pass. */
  #watch(look: () => boolean, what: () => string, limitMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = () => {
        this.#watchers.delete(watcher)
        timer.cancel()
      }
      const timer = this.setTimer(() => {
        end()
        reject(tooLate(what(), limitMs))
      }, limitMs)
      const watcher = () => {
        const isFound = look()
        if (isFound) {
          end()
          resolve()
        }
        return isFound
      }
      this.#watchers.add(watcher)
      watcher()
    })
  }

  #checkEnd(how: 'over' | 'late' | 'idle', what: () => string, limitMs: number): void {
    if (how === 'late') throw tooLate(what(), limitMs)
    if (how === 'over') return
    const sentence = `${what()}, and nothing is left to happen: no timer is set, and nothing is under way but what no clock knows of`
    throw new KafkaError('TIMED_OUT', `${sentence} (a socket, a thread of a codec, a timer of Node)`)
  }

  async #drive(isOver: () => boolean, end: number): Promise<'over' | 'late' | 'idle'> {
    let steps = 0
    this.#isRunning = true
    try {
      for (;;) {
        // Everything that waits for promises alone has run when the machine's turn ends.
        await new Promise<void>((resolve) => systemClock.endOfTick(resolve))
        if (isOver()) return 'over'
        if (++steps > MOST_STEPS_AT_ONE_TIME) {
          throw new KafkaError('TIMED_OUT', `time stands still at ${this.#elapsed} ms: something goes round and round without a wait`)
        }
        if (this.#ticks.length > 0) {
          this.#runTicks()
          continue
        }
        // Whoever has waited for this goes on before time does.
        if ([...this.#watchers].filter((watcher) => watcher()).length > 0) continue
        const { nextAt } = this.#timers
        if (nextAt > end) return this.#timers.length === 0 ? 'idle' : 'late'
        if (nextAt > this.#elapsed) steps = 0
        this.#elapsed = Math.max(this.#elapsed, nextAt)
        this.#timers.take()?.callback()
      }
    } finally {
      this.#isRunning = false
      if (this.#ticks.length > 0) this.#setTurn()
    }
  }
}

function tooLate(what: string, limitMs: number): KafkaError {
  return new KafkaError('TIMED_OUT', `${what} within ${limitMs} ms of virtual time`)
}
