import { afterEach, beforeEach, expect } from 'vitest'
import { FakeCluster, type FakeClusterOptions } from '../../src/index.ts'
import { ManualClock } from './manual-clock.ts'

/** A cluster with the topic `t`, whose time the test turns. */
export class ClockedCluster {
  clock!: ManualClock
  kafka!: FakeCluster

  async start(options: FakeClusterOptions = {}): Promise<void> {
    this.clock = new ManualClock()
    this.kafka = await FakeCluster.start({ tcp: false, clock: this.clock, topics: { t: 3 }, ...options })
  }

  async restart(options: FakeClusterOptions): Promise<void> {
    await this.kafka.close()
    await this.start(options)
  }

  /** Ends the cluster, which must have answered everything and left no timer. */
  async end(): Promise<void> {
    await this.kafka.close()
    expect(this.kafka.failures).toEqual([])
    expect(this.clock.pending).toBe(0)
  }
}

/** Has the cluster started afresh for each test. */
export function freshForEach<T extends ClockedCluster>(cluster: T): T {
  beforeEach(() => cluster.start())
  afterEach(() => cluster.end())
  return cluster
}
