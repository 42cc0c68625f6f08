import type { ConsoleRecord } from './console-record.ts'
import { consumeByConsole, produceByConsole, type RunTool } from './console-tools.ts'
import type { KafkaNode } from './kafka-node.ts'
import type { ConsoleConsumerOptions, ConsoleProducerOptions, ToolOptions, Way } from './options.ts'
import type { Consoles } from './release.ts'
import type { CommandResult } from './run-command.ts'

/** What a way of starting hands over. */
export interface ClusterParts {
  way: Way
  /** Undefined when only an address was given. */
  version: string | undefined
  nodes: readonly KafkaNode[]
  /** `host:port,host:port` by listener name. */
  addresses: Readonly<Record<string, string>>
  consoles: Consoles
  runTool: RunTool
  logDirectory: string | undefined
  close: () => Promise<void>
}

/** A running Kafka cluster. */
export class KafkaCluster implements AsyncDisposable {
  readonly #parts: ClusterParts
  #closing: Promise<void> | undefined

  constructor(parts: ClusterParts) {
    this.#parts = parts
  }

  get way(): Way {
    return this.#parts.way
  }

  /** Undefined when only an address was given. */
  get version(): string | undefined {
    return this.#parts.version
  }

  /** The brokers that were started here; none when only an address was given. */
  get nodes(): readonly KafkaNode[] {
    return this.#parts.nodes
  }

  /** True when nodes can be killed, paused and started. */
  get canStopBrokers(): boolean {
    return this.way !== 'address'
  }

  /** True when the version asked for is the version that runs. */
  get canChooseVersion(): boolean {
    return this.way !== 'address'
  }

  /** `host:port,host:port` of the plaintext listeners. */
  get bootstrapServers(): string {
    return this.bootstrapServersOf('PLAINTEXT')
  }

  /** `host:port,host:port` of the listeners with this name. */
  bootstrapServersOf(listener: string): string {
    const address = this.#parts.addresses[listener]
    if (address !== undefined) return address
    throw new Error(`This cluster has no listener ${listener}; it has ${Object.keys(this.#parts.addresses).join(', ')}.`)
  }

  /** Where the logs are; they stay there for a day. Undefined when the brokers were not started here. */
  get logDirectory(): string | undefined {
    return this.#parts.logDirectory
  }

  /** The node with this id. */
  node(id: number): KafkaNode {
    const found = this.nodes.find((node) => node.id === id)
    if (found !== undefined) return found
    throw new Error(
      `This cluster has no node ${id}; it has ${this.nodes.map((node) => node.id).join(', ') || 'none that can be controlled'}.`,
    )
  }

  /** Runs one of Kafka's console tools, by its class name. A tool's exit code is a result, not an error. */
  tool(className: string, args: string[], options?: ToolOptions): Promise<CommandResult> {
    return this.#parts.runTool(className, args, options)
  }

  /** Produces with Java's console producer; rejects when its exit code or its log tells of an error. */
  consoleProducer(options: ConsoleProducerOptions): Promise<void> {
    return produceByConsole(this.#parts.runTool, this.#parts.consoles, this.bootstrapServers, options)
  }

  /** Reads with Java's console consumer; rejects when fewer records came than were asked for. */
  consoleConsumer(options: ConsoleConsumerOptions): Promise<ConsoleRecord[]> {
    return consumeByConsole(this.#parts.runTool, this.#parts.consoles, this.bootstrapServers, options)
  }

  /** Ends every process and removes the data. */
  close(): Promise<void> {
    this.#closing ??= this.#parts.close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
