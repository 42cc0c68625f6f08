/** One broker. Each call resolves when what it says has happened. */
export interface KafkaNode {
  readonly id: number
  readonly host: string
  readonly port: number
  /** The JVM's process id; undefined while the node is down, and for nodes in containers. */
  readonly pid: number | undefined
  readonly running: boolean
  /** What to type in a shell to kill this broker. */
  readonly killCommand: string
  /** SIGKILL: the broker vanishes without a word. */
  kill(): Promise<void>
  /** SIGTERM: the broker hands its partitions over and ends. */
  stop(): Promise<void>
  /** SIGSTOP: the broker freezes, its connections stay open. */
  pause(): Promise<void>
  /** SIGCONT: the frozen broker goes on. */
  resume(): Promise<void>
  /** Starts it again on the same port and data, after `kill` or `stop`; resolves when it serves metadata. */
  start(): Promise<void>
}
