import { expect } from 'vitest'
import type { FakeClusterOptions } from '../../src/index.ts'
import { ClockedCluster, freshForEach } from './clocked-cluster.ts'
import { RawMember } from './consumer-group-heartbeats.ts'
import { RawClient } from './raw-client.ts'

/** A cluster with members of the group `g`. */
export class ConsumerGroupMembers extends ClockedCluster {
  client!: RawClient

  override async start(options: FakeClusterOptions = {}): Promise<void> {
    await super.start(options)
    this.client = await RawClient.connect(this.kafka)
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
  return freshForEach(new ConsumerGroupMembers())
}
