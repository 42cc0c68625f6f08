import { Metadata as MetadataApi, type MetadataResponse, type ResponseInputOf, ZERO_UUID } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { type ClusterOptions, resolveOptions } from '../src/index.ts'
import { Metadata, type MetadataBody } from '../src/metadata.ts'
import { ManualClock, settled } from './support/manual-clock.ts'
import { Outcome } from './support/outcome.ts'

const VERSION = 13
const ids = { orders: 'AAAAAAAAAAAAAAAAAAAAAQ', events: 'AAAAAAAAAAAAAAAAAAAAAg' }

/** Every field filled in, as decoding does. */
function response(body: ResponseInputOf<typeof MetadataApi>): MetadataResponse {
  return MetadataApi.response.decode(VERSION, MetadataApi.response.encode(VERSION, body))
}

function answer(names: readonly string[], { leader = 1, epoch = 1 } = {}): MetadataResponse {
  return response({
    brokers: [1, 2, 3].map((nodeId) => ({ nodeId, host: `b${nodeId}`, port: 9092, rack: null })),
    clusterId: 'c',
    controllerId: 2,
    topics: names.map((name) => ({
      name,
      errorCode: 0,
      topicId: new Map(Object.entries(ids)).get(name) ?? ZERO_UUID,
      partitions: [{ errorCode: 0, partitionIndex: 0, leaderId: leader, leaderEpoch: epoch, replicaNodes: [1], isrNodes: [1] }],
    })),
  })
}

function setUp(options: ClusterOptions = {}) {
  const clock = new ManualClock()
  const requests: { body: MetadataBody; resolve: (r: MetadataResponse) => void; reject: (e: Error) => void }[] = []
  const metadata = new Metadata(resolveOptions({ clock, logger: null, ...options } as ClusterOptions), (body) => {
    return new Promise((resolve, reject) => {
      requests.push({ body: body(VERSION), resolve, reject })
    })
  })
  const namesOf = (n: number) => requests[n]?.body.topics?.map(({ name }) => name)
  return { clock, metadata, requests, namesOf }
}

describe('refresh', () => {
  it('brings brokers, controller and the named topics', async () => {
    const { metadata, requests } = setUp()
    expect([metadata.loaded, metadata.brokers, metadata.controllerId]).toEqual([false, [], undefined])
    const done = metadata.refresh(['orders'])
    requests[0]!.resolve(answer(['orders']))
    await done
    expect(metadata.brokers.map(({ id }) => id)).toEqual([1, 2, 3])
    expect([metadata.loaded, metadata.controllerId, metadata.clusterId]).toEqual([true, 2, 'c'])
    expect(metadata.topic('orders')?.partitions[0]).toMatchObject({ leader: 1, leaderEpoch: 1 })
    expect(metadata.topicById(ids.orders)?.name).toBe('orders')
    expect(metadata.topic('events')).toBeUndefined()
    expect(metadata.topicById(ZERO_UUID)).toBeUndefined()
  })

  it('is shared by all who want the same while it is in flight', async () => {
    const { metadata, requests } = setUp()
    const all = [metadata.refresh(['orders', 'events']), metadata.refresh(['orders']), metadata.refresh(['events', 'orders'])]
    expect(requests).toHaveLength(1)
    requests[0]!.resolve(answer(['orders', 'events']))
    await Promise.all(all)
    expect(requests).toHaveLength(1)
  })

  it('for other topics follows when the one in flight has ended, one for all who wait', async () => {
    const { metadata, requests, namesOf } = setUp()
    const first = metadata.refresh(['orders'])
    const others = [metadata.refresh(['events']), metadata.refresh(['payments']), metadata.refresh(['events'])].map((p) => new Outcome(p))
    requests[0]!.resolve(answer(['orders']))
    await first
    await settled()
    expect(requests).toHaveLength(2)
    expect(namesOf(1)).toEqual(['events', 'payments'])
    expect(others.map(({ state }) => state)).toEqual(['pending', 'pending', 'pending'])
    requests[1]!.resolve(answer(['events', 'payments']))
    await settled()
    expect(others.map(({ state }) => state)).toEqual(['resolved', 'resolved', 'resolved'])
  })

  it('without names asks for all that anybody asked for, and for nothing where that is none', async () => {
    const { metadata, requests, namesOf } = setUp()
    metadata.refresh()
    expect(namesOf(0)).toEqual([])
    requests[0]!.resolve(answer([]))
    await settled()
    metadata.refresh(['orders'])
    requests[1]!.resolve(answer(['orders']))
    await settled()
    metadata.refresh()
    expect(namesOf(2)).toEqual(['orders'])
  })

  it('fails for those who wait, and for nobody after', async () => {
    const { metadata, requests } = setUp()
    const outcomes = [metadata.refresh(['orders']), metadata.refresh(['events'])].map((p) => new Outcome(p))
    requests[0]!.reject(new Error('nobody there'))
    await settled()
    expect(outcomes[0]!.error).toMatchObject({ message: 'nobody there' })
    requests[1]!.resolve(answer(['events']))
    await settled()
    expect(outcomes[1]!.state).toBe('resolved')
  })

  it('lets brokers create named topics, unless told otherwise; never those of the background', async () => {
    const { metadata, requests } = setUp()
    metadata.refresh(['orders'])
    const careful = new Outcome(metadata.refresh(['events'], false))
    requests[0]!.resolve(answer(['orders']))
    await settled()
    requests[1]!.resolve(answer(['events']))
    await settled()
    metadata.refresh(undefined, true)
    expect(careful.state).toBe('resolved')
    expect(requests.map(({ body }) => body.allowAutoTopicCreation)).toEqual([true, false, false])
  })

  it('that may create is not answered by one in flight that may not', async () => {
    const { metadata, requests } = setUp()
    metadata.refresh(['orders'], false)
    const creating = new Outcome(metadata.refresh(['orders'], true))
    requests[0]!.resolve(answer([]))
    await settled()
    expect(creating.state).toBe('pending')
    expect(requests[1]!.body.allowAutoTopicCreation).toBe(true)
  })

  it('that may not create topics asks brokers of before Kafka 0.11 for all, since those would create what is named', async () => {
    const bodies: MetadataBody[] = []
    const metadata = new Metadata(resolveOptions({ clock: new ManualClock() }), async (body) => {
      bodies.push(body(2))
      return answer(['orders', 'events'])
    })
    await metadata.refresh([], false)
    await metadata.refresh(['orders', 'gone'], false)
    await metadata.refresh(['orders'], true)
    expect(bodies.map(({ topics }) => topics)).toEqual([[], null, [{ name: 'orders' }]])
    for (const body of bodies) MetadataApi.request.encode(2, body)
    expect([metadata.topic('orders')?.errorCode, metadata.topic('gone')?.errorCode]).toEqual([0, 3])
    expect(metadata.topic('events')).toBeUndefined()
  })

  it('ignores topics that nobody asked for, and those without a name', async () => {
    const { metadata, requests } = setUp()
    const done = metadata.refresh(['orders'])
    const extra = response({
      brokers: [{ nodeId: 1, host: 'b', port: 1 }],
      topics: [
        { name: null, errorCode: 100, topicId: ids.events, partitions: [] },
        { name: '__proto__', errorCode: 0, topicId: ids.events, partitions: [] },
      ],
    })
    requests[0]!.resolve(extra)
    await done
    expect(metadata.topic('__proto__')).toBeUndefined()
    // What is not told of is not there.
    expect(metadata.topic('orders')).toMatchObject({ errorCode: 3, partitions: [] })
  })

  it('reaches names of Object.prototype like any other', async () => {
    const { metadata, requests } = setUp()
    const done = metadata.refresh(['__proto__', 'constructor'])
    requests[0]!.resolve(answer(['__proto__', 'constructor']))
    await done
    expect(metadata.topic('__proto__')?.name).toBe('__proto__')
    expect(metadata.topic('constructor')?.name).toBe('constructor')
    // Brokers that know no topic ids say zero for all.
    expect(metadata.topicById(ZERO_UUID)).toBeUndefined()
  })
})

describe('age', () => {
  it('refreshes all topics that are looked up, and forgets those that are not', async () => {
    const { metadata, requests, clock, namesOf } = setUp({ metadataMaxAgeMs: 1_000 })
    metadata.refresh(['orders', 'events'])
    requests[0]!.resolve(answer(['orders', 'events']))
    await clock.advance(1_000)
    expect(namesOf(1)).toEqual(['orders', 'events'])
    requests[1]!.resolve(answer(['orders', 'events']))
    await settled()
    metadata.topic('orders')
    await clock.advance(1_000)
    expect(namesOf(2)).toEqual(['orders'])
    expect(metadata.topic('events')).toBeUndefined()
    expect(metadata.topicById(ids.events)).toBeUndefined()
  })

  it('is not put off by refreshes of others, nor by a connection that was lost', async () => {
    const { metadata, requests, clock, namesOf } = setUp({ metadataMaxAgeMs: 1_000 })
    metadata.refresh(['orders', 'events'])
    requests[0]!.resolve(answer(['orders', 'events']))
    await clock.advance(1_000)
    requests[1]!.resolve(answer(['orders', 'events']))
    await clock.advance(600)
    metadata.refresh(['orders'])
    requests[2]!.resolve(answer(['orders']))
    await clock.advance(400)
    expect(namesOf(3)).toEqual(['orders'])
    requests[3]!.resolve(answer(['orders']))
    await settled()
    // What is refreshed because of a lost connection is not older than before.
    metadata.refreshSoon()
    await clock.advance(100)
    expect(namesOf(4)).toEqual(['orders'])
    requests[4]!.resolve(answer(['orders']))
    metadata.topic('orders')
    await clock.advance(1_000)
    expect(namesOf(5)).toEqual(['orders'])
  })

  it('tries again after a failure, and is quiet about it', async () => {
    const { metadata, requests, clock } = setUp({ metadataMaxAgeMs: 60_000 })
    metadata.refresh(['orders'])
    requests[0]!.resolve(answer(['orders']))
    await clock.advance(60_000)
    requests[1]!.reject(new Error('nobody there'))
    await clock.advance(10_000)
    expect(requests).toHaveLength(3)
  })

  it('does not keep the process alive, and can be Infinity', async () => {
    const { metadata, requests, clock } = setUp({ metadataMaxAgeMs: Number.POSITIVE_INFINITY })
    metadata.refresh()
    requests[0]!.resolve(answer([]))
    await settled()
    expect(clock.timers).toEqual([])
    const aging = setUp()
    aging.metadata.refresh()
    aging.requests[0]!.resolve(answer([]))
    await settled()
    expect(aging.clock.timers.map(({ keepAlive }) => keepAlive)).toEqual([false])
  })
})

describe('a lost connection', () => {
  it('leads to one refresh soon, however many are lost', async () => {
    const { metadata, requests, clock } = setUp()
    metadata.refreshSoon()
    await clock.advance(1_000)
    expect(requests).toHaveLength(0)
    metadata.refresh(['orders'])
    requests[0]!.resolve(answer(['orders']))
    await settled()
    for (let i = 0; i < 10; i++) metadata.refreshSoon()
    await clock.advance(99)
    expect(requests).toHaveLength(1)
    await clock.advance(1)
    expect(requests).toHaveLength(2)
    metadata.refreshSoon()
    requests[1]!.resolve(answer(['orders']))
    await clock.advance(1_000)
    expect(requests).toHaveLength(2)
  })
})

describe('updateLeader', () => {
  async function known() {
    const all = setUp()
    const done = all.metadata.refresh(['orders'])
    all.requests[0]!.resolve(answer(['orders'], { leader: 1, epoch: 5 }))
    await done
    return all.metadata
  }
  const leader = (metadata: Metadata) => metadata.topic('orders')!.partitions[0]!

  it('takes a newer epoch, and tells', async () => {
    const metadata = await known()
    let told = 0
    metadata.onChange(() => {
      told += 1
    })
    const before = metadata.topic('orders')
    metadata.updateLeader('orders', 0, { leaderId: 2, leaderEpoch: 6 })
    expect(leader(metadata)).toMatchObject({ leader: 2, leaderEpoch: 6 })
    expect(before!.partitions[0]!.leader).toBe(1)
    expect(told).toBe(1)
  })

  it.each([
    ['the same epoch', 2, 5],
    ['an older epoch', 2, 4],
    ['no leader', -1, 9],
    ['a leader that nobody knows', 77, 9],
  ])('ignores %s', async (_, leaderId, leaderEpoch) => {
    const metadata = await known()
    metadata.updateLeader('orders', 0, { leaderId, leaderEpoch })
    expect(leader(metadata)).toMatchObject({ leader: 1, leaderEpoch: 5 })
  })

  it('ignores what is not known', async () => {
    const metadata = await known()
    metadata.updateLeader('orders', 7, { leaderId: 2, leaderEpoch: 9 })
    metadata.updateLeader('events', 0, { leaderId: 2, leaderEpoch: 9 })
    expect(metadata.topic('orders')!.partitions).toHaveLength(1)
  })

  it('learns brokers that come with it, except those that cannot be', async () => {
    const metadata = await known()
    metadata.updateLeader('orders', 0, { leaderId: 9, leaderEpoch: 6 }, [
      { nodeId: 9, host: 'b9', port: 9092, rack: 'r' },
      { nodeId: 8, host: 'bad host', port: 1 },
    ])
    expect(leader(metadata).leader).toBe(9)
    expect(metadata.broker(9)).toEqual({ id: 9, host: 'b9', port: 9092, rack: 'r' })
    expect(metadata.broker(8)).toBeUndefined()
  })
})

describe('listeners', () => {
  it('hear of each refresh until they leave, and one that throws disturbs nobody', async () => {
    const { metadata, requests } = setUp()
    let told = 0
    const leave = metadata.onChange(() => {
      told += 1
    })
    metadata.onChange(() => {
      throw new Error('mine')
    })
    metadata.refresh()
    requests[0]!.resolve(answer([]))
    await settled()
    leave()
    const second = metadata.refresh()
    requests[1]!.resolve(answer([]))
    await second
    expect(told).toBe(1)
  })
})

describe('allTopics', () => {
  it('lists them without making them of interest', async () => {
    const { metadata, requests, namesOf } = setUp()
    const list = metadata.allTopics()
    expect(requests[0]!.body).toEqual({ topics: null, allowAutoTopicCreation: false })
    requests[0]!.resolve(answer(['orders', 'events']))
    expect((await list).map(({ name }) => name)).toEqual(['orders', 'events'])
    expect(metadata.loaded).toBe(true)
    expect(metadata.topic('orders')).toBeUndefined()
    metadata.refresh()
    expect(namesOf(1)).toEqual([])
  })
})

describe('close', () => {
  it('rejects those who wait and stops every timer', async () => {
    const { metadata, requests, clock } = setUp()
    metadata.refresh(['orders'])
    requests[0]!.resolve(answer(['orders']))
    await settled()
    metadata.refreshSoon()
    const outcomes = [metadata.refresh(['orders']), metadata.refresh(['events'])].map((p) => new Outcome(p))
    metadata.close(new Error('closed'))
    requests[1]!.resolve(answer(['orders']))
    await settled()
    expect(outcomes.map(({ error }) => (error as Error).message)).toEqual(['closed', 'closed'])
    expect(clock.timers).toEqual([])
  })
})
