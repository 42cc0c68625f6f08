import { createWriteStream } from 'node:fs'
import type { ContainerRuntimeClient, StartedTestContainer } from 'testcontainers'
import { logTails } from './failure.ts'
import type { KafkaNode } from './kafka-node.ts'
import type { NodeAddress } from './properties.ts'
import { type Watched, waitUntilReady } from './readiness.ts'

const stopMs = 30_000
const killMs = 10_000
// The engine's answer to a kill that comes too late.
const notRunning = 409

type State = 'running' | 'paused' | 'down'

/** A broker in a container. */
export class DockerNode implements KafkaNode, Watched {
  readonly pid = undefined
  readonly address: NodeAddress
  readonly container: StartedTestContainer
  readonly #client: ContainerRuntimeClient
  readonly #startTimeoutMs: number
  readonly #logFile: string
  #state: State = 'running'

  constructor(
    address: NodeAddress,
    container: StartedTestContainer,
    client: ContainerRuntimeClient,
    startTimeoutMs: number,
    logFile: string,
  ) {
    this.address = address
    this.container = container
    this.#client = client
    this.#startTimeoutMs = startTimeoutMs
    this.#logFile = logFile
  }

  get id(): number {
    return this.address.id
  }

  get host(): string {
    return this.address.host
  }

  get port(): number {
    return this.address.ports.PLAINTEXT!
  }

  get running(): boolean {
    return this.#state !== 'down'
  }

  get killCommand(): string {
    return `docker kill ${this.container.getId().slice(0, 12)}`
  }

  /** True while tools can run in this container. */
  get usable(): boolean {
    return this.#state === 'running'
  }

  async kill(): Promise<void> {
    if (this.#state === 'down') return
    // A frozen container cannot be killed by every engine.
    if (this.#state === 'paused') await this.resume()
    await this.#engine.kill({ signal: 'SIGKILL' }).catch((error: { statusCode?: number }) => {
      if (error.statusCode !== notRunning) throw error
    })
    await this.#engine.wait({ abortSignal: AbortSignal.timeout(killMs) })
    this.#state = 'down'
  }

  async stop(): Promise<void> {
    if (this.#state === 'down') return
    await this.#client.container.stop(this.#engine, { timeout: stopMs })
    this.#state = 'down'
  }

  async pause(): Promise<void> {
    await this.#engine.pause()
    this.#state = 'paused'
  }

  async resume(): Promise<void> {
    await this.#engine.unpause()
    this.#state = 'running'
  }

  async start(): Promise<void> {
    const since = Math.floor(Date.now() / 1000)
    await this.#engine.start()
    this.#state = 'running'
    await this.keepLog(since)
    await this.waitUntilReady([this.id])
  }

  waitUntilReady(ids: readonly number[]): Promise<void> {
    return waitUntilReady(this, ids, Date.now() + this.#startTimeoutMs, this)
  }

  async check(): Promise<void> {
    const { State } = await this.#engine.inspect()
    if (State.Running) return
    this.#state = 'down'
    throw new Error(`Kafka node ${this.id} ended with exit code ${State.ExitCode}. ${await this.logTails()}`)
  }

  logTails(): Promise<string> {
    return logTails([this.#logFile])
  }

  /** Copies what the container writes from then on into the log file. */
  async keepLog(sinceSeconds: number): Promise<void> {
    const stream = await this.#client.container.logs(this.#engine, { since: sinceSeconds })
    stream.pipe(createWriteStream(this.#logFile, { flags: 'a' }))
  }

  async close(): Promise<void> {
    if (this.#state === 'paused') await this.resume()
    await this.container.stop({ timeout: 0, remove: true, removeVolumes: true })
    this.#state = 'down'
  }

  get #engine(): ReturnType<ContainerRuntimeClient['container']['getById']> {
    return this.#client.container.getById(this.container.getId())
  }
}
