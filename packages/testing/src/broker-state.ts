import type { MetadataResponse } from '@k/protocol'

/** What the cluster knows of one of its brokers. */
export interface BrokerState {
  readonly id: number
  readonly rack: string | undefined
  /** Where clients reach it. */
  host: string
  port: number
  isAlive: boolean
  /** Everything that it answers to Metadata, while it lags behind the others. */
  staleMetadata?: MetadataResponse | undefined
}
