import { printJson } from './json-lines.ts'

/** How far copying has come, told in lines of JSON. */
export class CopyProgress {
  readonly #transactionalId: string
  #remaining: number
  #total = 0
  #sinceRebalance = 0

  /** @param limit - messages to copy at most */
  constructor(transactionalId: string, limit: number) {
    this.#transactionalId = transactionalId
    this.#remaining = limit
  }

  /** Messages that are still to be copied. */
  get remaining(): number {
    return this.#remaining
  }

  started(remaining: number): void {
    this.#remaining = Math.min(this.#remaining, remaining)
  }

  rebalanced(remaining: number): void {
    this.#remaining = remaining
    this.#sinceRebalance = 0
    this.tell('RebalanceComplete')
  }

  copied(count: number): void {
    this.#remaining -= count
    this.#total += count
    this.#sinceRebalance += count
  }

  tell(stage: 'ProcessLoop' | 'RebalanceComplete' | 'ShutdownComplete'): void {
    printJson({
      transactionalId: this.#transactionalId,
      stage,
      time: localTime(new Date()),
      totalProcessed: this.#total,
      consumed: this.#sinceRebalance,
      remaining: this.#remaining,
    })
  }
}

/** As Java writes `yyyy/MM/dd HH:mm:ss:SSS`. */
function localTime(date: Date): string {
  const two = (number: number) => String(number).padStart(2, '0')
  const day = `${date.getFullYear()}/${two(date.getMonth() + 1)}/${two(date.getDate())}`
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
  return `${day} ${time}:${String(date.getMilliseconds()).padStart(3, '0')}`
}
