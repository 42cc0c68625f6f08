// Half of the time that is looked back, in milliseconds: the older half is dropped as a whole.
const HALF_MS = 15_000

/** Sum, average and maximum of what happened in the last 15 to 30 seconds. */
export class RecentValues {
  #begunAt: number
  #sum = 0
  #count = 0
  #max = 0
  #olderMs = 0
  #olderSum = 0
  #olderCount = 0
  #olderMax = 0

  constructor(now: number) {
    this.#begunAt = now
  }

  add(value: number, now: number): void {
    if (now - this.#begunAt >= HALF_MS) this.#turn(now)
    this.#sum += value
    this.#count += 1
    if (value > this.#max) this.#max = value
  }

  /** Sum for each second. */
  perSecond(now: number): number {
    this.#turn(now)
    return this.#forEachSecond(this.#sum + this.#olderSum, now)
  }

  /** How many values for each second. */
  countPerSecond(now: number): number {
    this.#turn(now)
    return this.#forEachSecond(this.#count + this.#olderCount, now)
  }

  /** Undefined where nothing happened. */
  average(now: number): number | undefined {
    this.#turn(now)
    const count = this.#count + this.#olderCount
    return count === 0 ? undefined : (this.#sum + this.#olderSum) / count
  }

  /** Undefined where nothing happened. */
  max(now: number): number | undefined {
    this.#turn(now)
    return this.#count + this.#olderCount === 0 ? undefined : Math.max(this.#max, this.#olderMax)
  }

  #forEachSecond(amount: number, now: number): number {
    const ms = this.#olderMs + now - this.#begunAt
    return ms <= 0 ? 0 : (amount * 1_000) / ms
  }

  #turn(now: number): void {
    const ms = now - this.#begunAt
    if (ms < HALF_MS) return
    // What is older than both halves counts no more.
    const isOld = ms >= 2 * HALF_MS
    this.#olderMs = isOld ? HALF_MS : ms
    this.#olderSum = isOld ? 0 : this.#sum
    this.#olderCount = isOld ? 0 : this.#count
    this.#olderMax = isOld ? 0 : this.#max
    this.#begunAt = now
    this.#sum = 0
    this.#count = 0
    this.#max = 0
  }
}
