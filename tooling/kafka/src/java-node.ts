import { setTimeout as sleep } from 'node:timers/promises'
import type { JavaServer } from './java-server.ts'
import type { KafkaNode } from './kafka-node.ts'
import type { NodeAddress } from './properties.ts'
import { waitUntilReady } from './readiness.ts'

/** A broker in a JVM of this machine. */
export class JavaNode implements KafkaNode {
  readonly address: NodeAddress
  readonly #server: JavaServer
  readonly #startTimeoutMs: number
  /** ZooKeeper refuses a broker whose last session has not ended yet; 0 for KRaft, which makes it wait instead. */
  readonly #sessionMs: number

  constructor(address: NodeAddress, server: JavaServer, startTimeoutMs: number, sessionMs: number) {
    this.address = address
    this.#server = server
    this.#startTimeoutMs = startTimeoutMs
    this.#sessionMs = sessionMs
  }

  get id(): number {
    return this.address.id
  }

  get host(): string {
    return this.address.host
  }

  get port(): number {
    return this.address.ports.PLAINTEXT as number
  }

  get pid(): number | undefined {
    return this.#server.pid
  }

  get running(): boolean {
    return this.#server.running
  }

  get killCommand(): string {
    return `kill -9 ${this.pid ?? '(not running)'}`
  }

  async kill(): Promise<void> {
    await this.#server.kill()
  }

  async stop(): Promise<void> {
    await this.#server.stop()
  }

  async pause(): Promise<void> {
    this.#server.signal('SIGSTOP')
  }

  async resume(): Promise<void> {
    this.#server.signal('SIGCONT')
  }

  async start(): Promise<void> {
    const left = (this.#server.killedAt ?? 0) + this.#sessionMs - Date.now()
    if (left > 0) await sleep(left)
    await this.#server.launch()
    await this.waitUntilReady([this.id])
  }

  launch(): Promise<void> {
    return this.#server.launch()
  }

  waitUntilReady(ids: readonly number[]): Promise<void> {
    return waitUntilReady(this, ids, Date.now() + this.#startTimeoutMs, this.#server)
  }
}
