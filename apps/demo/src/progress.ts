import { clearLine, cursorTo } from 'node:readline'
import type { Ledger } from './ledger.ts'

const TERMINAL_MS = 100
const PLAIN_MS = 1000

/** One line that tells how far the run is: rewritten in place on a terminal, a plain line a second elsewhere. */
export class Progress {
  readonly #ledger: Ledger
  readonly #total: number
  readonly #terminal = process.stdout.isTTY === true
  readonly #timer: NodeJS.Timeout
  #lastTime = performance.now()
  #lastWritten = 0
  #lastRead = 0

  constructor(ledger: Ledger, total: number) {
    this.#ledger = ledger
    this.#total = total
    this.#timer = setInterval(() => this.#show(), this.#terminal ? TERMINAL_MS : PLAIN_MS)
  }

  /** Prints a line of its own above the progress line. */
  say(line: string): void {
    this.#clear()
    console.log(line)
  }

  #clear(): void {
    if (!this.#terminal) return
    clearLine(process.stdout, 0)
    cursorTo(process.stdout, 0)
  }

  #show(): void {
    const now = performance.now()
    const { totalWritten, totalRead } = this.#ledger
    const seconds = (now - this.#lastTime) / 1000
    const writing = Math.round((totalWritten - this.#lastWritten) / seconds)
    const reading = Math.round((totalRead - this.#lastRead) / seconds)
    this.#lastTime = now
    this.#lastWritten = totalWritten
    this.#lastRead = totalRead
    const percent = Math.floor((100 * totalRead) / this.#total)
    const lag = Math.max(0, totalWritten - totalRead)
    const line = `${percent}% | written ${totalWritten} (${writing}/s) | read ${totalRead} (${reading}/s) | lag ${lag}`
    this.#clear()
    process.stdout.write(this.#terminal ? line : `${line}\n`)
  }

  /** Ends the line. */
  stop(): void {
    clearInterval(this.#timer)
    this.#clear()
  }
}
