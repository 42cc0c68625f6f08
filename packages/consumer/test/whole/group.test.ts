import { Fetch, Heartbeat, JoinGroup, LeaveGroup, SyncGroup } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { follow, numbered, Rig, take } from '../support/rig.ts'

describe('a group', () => {
  it('reads everything, each partition in order', async () => {
    const rig = await Rig.start({ brokers: 3, topics: { orders: 3 } })
    for (const partition of [0, 1, 2]) await rig.writer.writeMany('orders', partition, 1000)
    const values = await take(rig.consumer(), 3000)
    for (const partition of [0, 1, 2]) {
      expect(values.filter((value) => value.startsWith(`${partition}:`))).toEqual(numbered(1000, `${partition}:`))
    }
  })

  it('goes on where another member of the group has stopped', async () => {
    const rig = await Rig.start({ topics: { orders: 1 } })
    await rig.writer.writeMany('orders', 0, 20)
    const first = rig.consumer()
    expect(await take(first, 7)).toEqual(numbered(7))
    await first.close()
    expect(await take(rig.consumer(), 13)).toEqual(numbered(13, '0:', 7))
  })

  it('shares the partitions when a second member joins, and gives them back when it leaves', async () => {
    const rig = await Rig.start({ brokers: 3, topics: { orders: 4 } })
    const a = rig.consumer()
    const readingA = follow(a)
    await rig.kafka.until(() => a.assignment().length === 4)
    const b = rig.consumer()
    const readingB = follow(b)
    await rig.kafka.until(() => a.assignment().length === 2 && b.assignment().length === 2)
    for (const partition of [0, 1, 2, 3]) await rig.writer.writeMany('orders', partition, 10)
    await rig.kafka.until(() => readingA.values.length + readingB.values.length === 40)
    const readBy = (values: string[]) => [...new Set(values.map((value) => Number(value[0])))].sort()
    expect(readBy(readingA.values)).toEqual(a.assignment().map(({ partition }) => partition))
    expect(readBy(readingB.values)).toEqual(b.assignment().map(({ partition }) => partition))
    expect([...a.assignment(), ...b.assignment()]).toHaveLength(4)
    await b.close()
    await rig.kafka.until(() => a.assignment().length === 4)
    await readingB.done
    expect(readingB.errors).toEqual([])
  })

  it('loses and doubles nothing while three members come and go', async () => {
    const rig = await Rig.start({ brokers: 3, topics: { orders: 6 } })
    const all: string[] = []
    for (let partition = 0; partition < 6; partition++) {
      await rig.writer.writeMany('orders', partition, 400, { size: 20 })
      all.push(...numbered(400, `${partition}:`))
    }
    const read: string[] = []
    const slowly = async (value: string) => {
      read.push(value)
      if (read.length % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 1))
    }
    const a = rig.consumer()
    follow(a, slowly)
    await rig.kafka.until(() => read.length > 100)
    const b = rig.consumer()
    follow(b, slowly)
    await rig.kafka.until(() => b.assignment().length === 3)
    const c = rig.consumer()
    follow(c, slowly)
    await rig.kafka.until(() => c.assignment().length === 2)
    await a.close()
    await rig.kafka.until(() => read.length >= all.length, { timeoutMs: 20_000 })
    expect(read.length).toBe(all.length)
    expect(new Set(read)).toEqual(new Set(all))
  })

  it('takes over the partitions of a member that died, after its session', async () => {
    const rig = await Rig.start({ topics: { orders: 2 } })
    for (const partition of [0, 1]) await rig.writer.writeMany('orders', partition, 5)
    const dead = rig.consumer({ clientId: 'dead', enableAutoCommit: false })
    await take(dead, 3)
    rig.kafka.on(Heartbeat, { clientId: 'dead' }).disconnect()
    rig.kafka.on(JoinGroup, { clientId: 'dead' }).disconnect()
    const alive = rig.consumer()
    const reading = follow(alive)
    await rig.kafka.until(() => reading.values.length === 10, { timeoutMs: 12_000 })
    expect(alive.assignment()).toHaveLength(2)
  }, 20_000)

  it('keeps its partitions over a restart as a static member', async () => {
    const rig = await Rig.start({ topics: { orders: 2 } })
    const other = rig.consumer({ groupInstanceId: 'other' })
    follow(other)
    const first = rig.consumer({ groupInstanceId: 'static' })
    const reading = follow(first)
    await rig.kafka.until(() => first.assignment().length === 1 && other.assignment().length === 1)
    const before = first.assignment()
    await first.close()
    await reading.done
    expect(rig.kafka.requests.list(LeaveGroup)).toEqual([])
    const joins = rig.kafka.requests.list(JoinGroup).length
    const second = rig.consumer({ groupInstanceId: 'static' })
    follow(second)
    await rig.kafka.until(() => second.assignment().length === 1)
    expect(second.assignment()).toEqual(before)
    expect(rig.kafka.requests.list(JoinGroup).length).toBe(joins + 1)
  })

  it('is fenced when another consumer joins with its instance id, and says so in every read', async () => {
    const rig = await Rig.start({ topics: { orders: 1 } })
    const old = rig.consumer({ groupInstanceId: 'one' })
    const reading = follow(old)
    await rig.kafka.until(() => old.assignment().length === 1)
    const young = rig.consumer({ groupInstanceId: 'one' })
    follow(young)
    await reading.done
    expect(reading.errors).toEqual([expect.objectContaining({ name: 'FencedError', code: 'FENCED_INSTANCE_ID' })])
    expect(old.state).toBe('failed')
    await expect(old.records().next()).rejects.toMatchObject({ code: 'FENCED_INSTANCE_ID' })
    await rig.kafka.until(() => young.assignment().length === 1)
  })

  it('reads partitions that are added to its topics', async () => {
    const rig = await Rig.start({ topics: { orders: 1 } })
    const consumer = rig.consumer({ metadataMaxAgeMs: 50 })
    const reading = follow(consumer)
    await rig.kafka.until(() => consumer.assignment().length === 1)
    await rig.kafka.deleteTopic('orders')
    await rig.kafka.createTopic('orders', { numPartitions: 3 })
    await rig.kafka.until(() => consumer.assignment().length === 3)
    await rig.writer.write('orders', 2, [{ value: 'late' }])
    await rig.kafka.until(() => reading.values.includes('late'))
  })

  it('waits for a topic that does not exist yet, without a storm of requests', async () => {
    const rig = await Rig.start({ topics: {} })
    const consumer = rig.consumer({ retryBackoffMs: 20, retryBackoffMaxMs: 100 })
    const reading = follow(consumer)
    await rig.kafka.sawRequest(SyncGroup)
    const before = rig.kafka.requests.length
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(rig.kafka.requests.length - before).toBeLessThan(40)
    await rig.kafka.createTopic('orders')
    await rig.kafka.until(() => consumer.assignment().length === 1)
    await rig.writer.write('orders', 0, [{ value: 'first' }])
    await rig.kafka.until(() => reading.values.length === 1)
  })

  it('subscribes to other topics in the middle of a loop', async () => {
    const rig = await Rig.start({ topics: { orders: 1, events: 1 } })
    await rig.writer.writeMany('orders', 0, 3)
    await rig.writer.writeMany('events', 0, 3, { prefix: 'e' })
    const consumer = rig.consumer()
    const reading = follow(consumer, (value) => {
      if (value === '0:2') consumer.subscribe({ topics: ['events'] })
    })
    await rig.kafka.until(() => reading.values.length === 6)
    expect(reading.values).toEqual([...numbered(3), 'e0', 'e1', 'e2'])
    expect(consumer.assignment()).toEqual([{ topic: 'events', partition: 0 }])
    expect(rig.kafka.committed('g')).toContainEqual(expect.objectContaining({ topic: 'orders', offset: 3 }))
  })

  it('leaves the group with unsubscribe, and refuses to read then', async () => {
    const rig = await Rig.start({ topics: { orders: 1 } })
    await rig.writer.writeMany('orders', 0, 3)
    const consumer = rig.consumer()
    await take(consumer, 2)
    await consumer.unsubscribe()
    expect(consumer.assignment()).toEqual([])
    await rig.kafka.sawRequest(LeaveGroup)
    expect(rig.kafka.committed('g')).toEqual([expect.objectContaining({ offset: 2 })])
    await expect(consumer.records().next()).rejects.toMatchObject({ code: 'NO_SUBSCRIPTION' })
    consumer.subscribe({ topics: ['orders'] })
    expect(await take(consumer, 1)).toEqual(['0:2'])
  })

  it('shares one Cluster between members without holding each other up', async () => {
    const rig = await Rig.start({ topics: { orders: 2 } })
    const { Cluster } = await import('@k/network')
    const cluster = new Cluster({ bootstrapServers: rig.kafka.bootstrapServers, transport: rig.kafka.transport, logger: null })
    const options = { cluster, bootstrapServers: undefined, transport: undefined, reconnectBackoffMs: undefined } as const
    const a = rig.consumer(options)
    const b = rig.consumer(options)
    follow(a)
    await rig.kafka.until(() => a.assignment().length === 2)
    follow(b)
    await rig.kafka.until(() => a.assignment().length === 1 && b.assignment().length === 1)
    await a.close()
    await rig.kafka.until(() => b.assignment().length === 2)
    await b.close()
    await cluster.connect()
    await cluster.close()
    expect(rig.kafka.requests.list(Fetch).length).toBeGreaterThan(0)
  })
})
