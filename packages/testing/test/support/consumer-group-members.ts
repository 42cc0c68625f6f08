import { afterEach, beforeEach, expect } from 'vitest'
import { FakeCluster, type FakeClusterOptions } from '../../src/index.ts'
import { RawMember } from './consumer-group-heartbeats.ts'
import { ManualClock } from './manual-clock.ts'
import { RawClient } from './raw-client.ts'

/** A cluster with members of the group `g`. */
export class ConsumerGroupMembers {
  clock!: ManualClock
  kafka!: FakeCluster
  client!: RawClient

  async start(options: FakeClusterOptions = {}): Promise<void> {
    this.clock = new ManualClock()
    this.kafka = await FakeCluster.start({ tcp: false, clock: this.clock, topics: { t: 3 }, ...options })
    this.client = await RawClient.connect(this.kafka)
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

  member(memberId: string, instanceId: string | null = null): RawMember {
    return new RawMember(this.client, memberId, { instanceId })
  }

  /** Two members that share the topic. */
  async pair(): Promise<readonly [RawMember, RawMember]> {
    const [a, b] = [this.member('a'), this.member('b')]
    await a.join()
    await b.join()
    await a.heartbeat()
    await a.acknowledge()
    await b.heartbeat()
    expect([a.epoch, a.partitions, b.epoch, b.partitions]).toEqual([3, [0, 1], 3, [2]])
    return [a, b]
  }
}

/** A fresh cluster for each test. */
export function consumerGroupMembers(): ConsumerGroupMembers {
  const members = new ConsumerGroupMembers()
  beforeEach(() => members.start())
  afterEach(() => members.end())
  return members
}
