import { Backoff, type Cluster, type RetryScope } from '@k/network'

/** How long the pauses between attempts are, in milliseconds. */
export interface RetrySettings {
  readonly retryBackoffMs: number
  readonly retryBackoffMaxMs: number
}

/** A cluster as `retry` wants it; what it looks up between attempts creates no topics. */
export function retryScope(cluster: Cluster, { retryBackoffMs, retryBackoffMaxMs }: RetrySettings): RetryScope {
  const { clock, random } = cluster
  const options = { retryBackoffMs, retryBackoffMaxMs }
  return { clock, random, options, refresh: (topics, o) => cluster.refresh(topics, { ...o, allowAutoTopicCreation: false }) }
}

/** Growing pauses. */
export function newBackoff({ random }: Cluster, { retryBackoffMs, retryBackoffMaxMs }: RetrySettings): Backoff {
  return new Backoff({ retryBackoffMs, retryBackoffMaxMs, random })
}
