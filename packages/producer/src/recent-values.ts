// Half of the time that is looked back, in milliseconds: the older half is dropped as a whole.
const HALF_MS = 15_000

/** What happened from the beginning on, and in the last 15 to 30 seconds. */
export interface Recently {
  /** Sum and number of all values. */
  readonly total: number
  readonly count: number
  /** Sum and number of the recent ones for each second. */
  readonly rate: number
  readonly countRate: number
  /** Of the recent ones; undefined where nothing happened. */
  readonly average: number | undefined
  readonly max: number | undefined
}

/** What happened from a moment on. */
interface Span {
  readonly begunAt: number
  sum: number
  count: number
  max: number
}

function beginSpan(begunAt: number): Span {
  return { begunAt, sum: 0, count: 0, max: 0 }
}

/** Sum, average and maximum of what happens. */
export class RecentValues {
  #total = 0
  #count = 0
  #older: Span
  #span: Span

  constructor(now: number) {
    this.#older = beginSpan(now)
    this.#span = beginSpan(now)
  }

  add(value: number, now: number): void {
    this.#turn(now)
    this.#total += value
    this.#count += 1
    const span = this.#span
    span.sum += value
    span.count += 1
    if (value > span.max) span.max = value
  }

  read(now: number): Recently {
    this.#turn(now)
    const older = this.#older
    const span = this.#span
    const sum = older.sum + span.sum
    const count = older.count + span.count
    const seconds = Math.max(1, now - older.begunAt) / 1_000
    return {
      total: this.#total,
      count: this.#count,
      rate: sum / seconds,
      countRate: count / seconds,
      average: count > 0 ? sum / count : undefined,
      max: count > 0 ? Math.max(older.max, span.max) : undefined,
    }
  }

  #turn(now: number): void {
    const ms = now - this.#span.begunAt
    if (ms < HALF_MS) return
    // What is older than both halves counts no more.
    this.#older = ms < 2 * HALF_MS ? this.#span : beginSpan(now - HALF_MS)
    this.#span = beginSpan(now)
  }
}
