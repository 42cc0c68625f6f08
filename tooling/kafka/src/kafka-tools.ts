import { type ConsoleRecord, parseRecords } from './console-record.ts'
import { consumeByConsole, consumerArguments, produceByConsole, type RunTool } from './console-tools.ts'
import type { Environment } from './environment.ts'
import { runJavaTool, startJavaTool } from './java-tools.ts'
import type { ConsoleConsumerOptions, ConsoleProducerOptions, ToolOptions } from './options.ts'
import { defaultKafkaVersion, type Release, releaseOf } from './release.ts'
import type { CommandResult } from './run-command.ts'
import { type Machine, thisMachine, whyNotJava } from './way.ts'

/** A console consumer that reads until it is stopped. */
export interface RunningConsoleConsumer {
  /** What it has printed up to now. */
  records(): ConsoleRecord[]
  /** Ends it as Ctrl-C does, so that it commits and leaves its group; rejects when it does not end within 30 s. */
  stop(): Promise<void>
}

/** Kafka's console tools on this machine, for brokers of any kind. */
export class KafkaTools {
  readonly #release: Release
  readonly #env: Environment
  readonly #run: RunTool

  private constructor(release: Release, env: Environment) {
    this.#release = release
    this.#env = env
    this.#run = (className, args, options) => runJavaTool(release, env, className, args, options)
  }

  /** The tools of a release; rejects with what to install where they cannot be run. */
  static async find(version = defaultKafkaVersion, env: Environment = process.env, machine: Machine = thisMachine): Promise<KafkaTools> {
    const release = releaseOf(version)
    const reason = await whyNotJava(release, env, machine)
    if (reason !== undefined) throw new Error(`Kafka's console tools cannot be run: ${reason}. Install Java and Maven.`)
    return new KafkaTools(release, env)
  }

  /** Runs a tool, by its class name. Its exit code is a result, not an error. */
  run(className: string, args: string[], options?: ToolOptions): Promise<CommandResult> {
    return this.#run(className, args, options)
  }

  /** Produces with the console producer; rejects when its exit code or its log tells of an error. */
  consoleProducer(bootstrapServers: string, options: ConsoleProducerOptions): Promise<void> {
    return produceByConsole(this.#run, this.#release.consoles, bootstrapServers, options)
  }

  /** Reads with the console consumer until `count` records have come; rejects when fewer do. */
  consoleConsumer(bootstrapServers: string, options: ConsoleConsumerOptions): Promise<ConsoleRecord[]> {
    return consumeByConsole(this.#run, this.#release.consoles, bootstrapServers, options)
  }

  /** Starts a console consumer that reads until it is stopped. */
  async startConsoleConsumer(
    bootstrapServers: string,
    options: Omit<ConsoleConsumerOptions, 'count' | 'timeoutMs'>,
  ): Promise<RunningConsoleConsumer> {
    const { consoles } = this.#release
    const args = consumerArguments(consoles, bootstrapServers, options)
    const child = await startJavaTool(this.#release, this.#env, consoles.consumer, args)
    const chunks: Buffer[] = []
    let errors = ''
    child.shell.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.shell.stderr?.on('data', (chunk: Buffer) => {
      errors = `${errors}${chunk}`.slice(-2000)
    })
    return {
      records: () => parseRecords(Buffer.concat(chunks).toString('utf8')),
      async stop() {
        child.signal('SIGTERM')
        if ((await child.waitForExit(30_000)) !== undefined) return
        await child.kill()
        throw new Error(`The console consumer did not end within 30 s: ${errors}`)
      },
    }
  }
}
