/** What the cluster knows of one of its brokers. */
export interface BrokerState {
  readonly id: number
  readonly rack: string | undefined
  /** Where clients reach it. */
  host: string
  port: number
  isAlive: boolean
}
