import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FakeCluster, type FakeClusterOptions } from '../../src/index.ts'
import { nameOf } from '../support/codes.ts'
import { RawMember } from '../support/consumer-group-heartbeats.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { RawClient } from '../support/raw-client.ts'

describe('a consumer group', () => {
  let clock: ManualClock
  let kafka: FakeCluster
  let client: RawClient
  const start = async (options: FakeClusterOptions = {}) => {
    clock = new ManualClock()
    kafka = await FakeCluster.start({ tcp: false, clock, topics: { t: 3 }, ...options })
    client = await RawClient.connect(kafka)
  }
  beforeEach(() => start())
  afterEach(async () => {
    await kafka.close()
    expect(kafka.failures).toEqual([])
    expect(clock.pending).toBe(0)
  })

  const member = (memberId: string, instanceId: string | null = null) => new RawMember(client, memberId, { instanceId })

  /** Two members that share the topic. */
  async function pair() {
    const [a, b] = [member('a'), member('b')]
    await a.join()
    await b.join()
    await a.heartbeat()
    await a.acknowledge()
    await b.heartbeat()
    return [a, b] as const
  }

  it('gives its first member everything at once', async () => {
    const a = member('a')
    const answer = await a.join()
    expect(answer).toMatchObject({ errorCode: 0, errorMessage: null, memberId: 'a', memberEpoch: 2, heartbeatIntervalMs: 5000 })
    expect(a.partitions).toEqual([0, 1, 2])
    expect(await a.heartbeat()).toMatchObject({ errorCode: 0, memberEpoch: 2, assignment: null })
  })

  it('gives a partition to its next owner only when the one before has let go of it', async () => {
    const [a, b] = [member('a'), member('b')]
    await a.join()
    await b.join()
    expect([b.epoch, b.partitions]).toEqual([3, []])
    expect(await a.heartbeat()).toMatchObject({ memberEpoch: 2, assignment: { topicPartitions: [{ partitions: [0, 1] }] } })
    await b.heartbeat()
    expect(b.partitions).toEqual([])
    await a.acknowledge()
    expect(a.epoch).toBe(3)
    expect(await b.heartbeat()).toMatchObject({ memberEpoch: 3, assignment: { topicPartitions: [{ partitions: [2] }] } })
  })

  it('shares what is left when a member leaves', async () => {
    const [a, b] = await pair()
    expect(await a.leave()).toMatchObject({ errorCode: 0, memberId: 'a', memberEpoch: -1 })
    await b.heartbeat()
    expect([b.epoch, b.partitions]).toEqual([4, [0, 1, 2]])
    expect(nameOf((await a.heartbeat({ memberEpoch: 3 })).errorCode)).toBe('UNKNOWN_MEMBER_ID')
  })
})
