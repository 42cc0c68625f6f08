import type { JoinGroupResponse } from '@k/protocol'
import { expect } from 'vitest'
import type { FakeClusterOptions } from '../../src/index.ts'
import { ClockedCluster, freshForEach } from './clocked-cluster.ts'
import { settle } from './manual-clock.ts'
import { RawClient } from './raw-client.ts'
import { enter, join, sync } from './requests.ts'

/** Four clients of a cluster, of which some become members of the group `g`. */
export class ClassicMembers extends ClockedCluster {
  #clients: RawClient[] = []

  override async start(options: FakeClusterOptions = {}): Promise<void> {
    await super.start(options)
    this.#clients = []
    for (let i = 0; i < 4; i++) this.#clients.push(await RawClient.connect(this.kafka))
  }

  client(i: number): RawClient {
    return this.#clients[i] as RawClient
  }

  /** A group of one, stable. */
  async alone(extras: Parameters<typeof enter>[2] = {}): Promise<JoinGroupResponse> {
    const entering = enter(this.client(0), 'g', extras)
    await this.clock.advance(0)
    await this.clock.advance(0)
    const member = await entering
    await sync(this.client(0), 'g', member, { [member.memberId]: 'all' })
    return member
  }

  /** A stable group of two; the first leads. */
  async pair(extras: Parameters<typeof enter>[2] = {}): Promise<{ first: JoinGroupResponse; second: JoinGroupResponse }> {
    const first = await this.alone(extras)
    const entering = enter(this.client(1), 'g', extras)
    await settle()
    const again = await join(this.client(0), 'g', first.memberId, extras)
    const second = await entering
    const following = sync(this.client(1), 'g', second)
    await settle()
    await sync(this.client(0), 'g', again, { [again.memberId]: 'one', [second.memberId]: 'two' })
    expect((await following).assignment.toString()).toBe('two')
    return { first: again, second }
  }
}

/** A fresh cluster for each test. */
export function classicMembers(): ClassicMembers {
  return freshForEach(new ClassicMembers())
}
