import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** A command of `src` as a process, and the events that it has printed. */
export class RunningCommand {
  readonly #child: ChildProcess
  #out = ''
  #err = ''
  readonly #ended: Promise<number | null>

  constructor(name: string, args: readonly string[]) {
    const file = fileURLToPath(new URL(`../../src/${name}.ts`, import.meta.url))
    this.#child = spawn(process.execPath, ['--conditions=@k/source', file, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child.stdout?.setEncoding('utf8').on('data', (text) => {
      this.#out += text
    })
    this.#child.stderr?.setEncoding('utf8').on('data', (text) => {
      this.#err += text
    })
    this.#ended = once(this.#child, 'close').then(([code]) => code)
  }

  /** Every whole line of standard output. @throws SyntaxError for a line that is not JSON */
  get events(): Record<string, unknown>[] {
    return this.#out
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line))
  }

  get stdout(): string {
    return this.#out
  }

  get stderr(): string {
    return this.#err
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** The exit code; null where a signal ended it. */
  ended(): Promise<number | null> {
    return this.#ended
  }
}
