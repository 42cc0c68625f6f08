import { mkdir, open } from 'node:fs/promises'
import { join } from 'node:path'
import type { Environment } from './environment.ts'
import { logTails, PortTakenError } from './failure.ts'
import { GuardedProcess } from './guarded-process.ts'
import { javaCommand } from './jvm.ts'

const sigkilled = 137

export interface JavaServerOptions {
  /** What it is called in errors, for example `node 2`. */
  name: string
  env: Environment
  /** Everything behind `java`. */
  args: string[]
  /** Where its two logs go: what it logs, and what the JVM itself says. */
  directory: string
}

/** One JVM that serves until it is stopped, and that can be started again. */
export class JavaServer {
  readonly #options: JavaServerOptions
  #process: GuardedProcess | undefined
  #killedAt: number | undefined

  constructor(options: JavaServerOptions) {
    this.#options = options
  }

  get name(): string {
    return this.#options.name
  }

  get pid(): number | undefined {
    return this.running ? this.#process?.pid : undefined
  }

  get running(): boolean {
    return this.#process !== undefined && this.#process.exitCode === undefined
  }

  /** When SIGKILL last ended it, from here or by anybody's hand; undefined when it did not end so. */
  get killedAt(): number | undefined {
    return this.#killedAt
  }

  async launch(): Promise<void> {
    if (this.running) throw new Error(`Kafka ${this.name} is running already.`)
    const { env, args, directory } = this.#options
    await mkdir(directory, { recursive: true })
    const output = await open(join(directory, 'jvm.log'), 'a')
    try {
      this.#killedAt = undefined
      this.#process = await GuardedProcess.start(javaCommand(env), args, { env, output: output.fd })
      void this.#process.exited.then((code) => {
        if (code === sigkilled) this.#killedAt = Date.now()
      })
    } finally {
      await output.close()
    }
  }

  signal(name: NodeJS.Signals): void {
    if (!this.running) throw new Error(`Kafka ${this.name} is not running.`)
    this.#process?.signal(name)
  }

  async kill(): Promise<void> {
    await this.#process?.kill()
  }

  /** SIGTERM; a server that does not end in time is killed, and the call rejects. */
  async stop(timeoutMs = 30_000): Promise<void> {
    if (!this.running) return
    this.signal('SIGTERM')
    if ((await this.#process?.waitForExit(timeoutMs)) !== undefined) return
    await this.kill()
    throw new Error(`Kafka ${this.name} did not stop within ${timeoutMs} ms and was killed. ${await this.logTails()}`)
  }

  /** Rejects when the process has ended, with the last lines of its logs. */
  async check(): Promise<void> {
    if (this.running) return
    const tails = await this.logTails()
    const message = `Kafka ${this.name} ended with exit code ${this.#process?.exitCode}. ${tails}`
    throw /Address already in use|BindException/.test(tails) ? new PortTakenError(message) : new Error(message)
  }

  /** The last lines of its logs. */
  logTails(): Promise<string> {
    return logTails([join(this.#options.directory, 'server.log'), join(this.#options.directory, 'jvm.log')])
  }
}
