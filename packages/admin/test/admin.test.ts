import { Admin, ClosedError, Cluster, ItemsError, KafkaError } from '@k/admin'
import { CreateTopics, DescribeCluster, Metadata } from '@k/protocol'
import { FakeCluster } from '@k/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

let kafka: FakeCluster
let admin: Admin

beforeEach(async () => {
  kafka = await FakeCluster.start({ brokers: 3, tcp: false })
  admin = new Admin({ bootstrapServers: kafka.bootstrapServers, transport: kafka.transport, retryBackoffMs: 1, logger: null })
})
afterEach(async () => {
  await admin.close()
  await kafka.close()
})

describe('createTopics', () => {
  it('creates topics and tells what came of them, in order', async () => {
    const created = await admin.createTopics([
      { topic: 'b', numPartitions: 2, replicationFactor: 3 },
      { topic: 'a', numPartitions: 1 },
    ])
    expect(created).toMatchObject([
      { topic: 'b', numPartitions: 2, replicationFactor: 3 },
      { topic: 'a', numPartitions: 1 },
    ])
    expect(created[0]?.topicId).toMatch(/^[\w-]{22}$/)
  })

  it('places replicas where it is told to', async () => {
    await admin.createTopics([{ topic: 't', replicasAssignments: { 0: [2, 3], 1: [3, 1] } }])
    const [{ partitions } = { partitions: [] }] = await admin.describeTopics(['t'])
    expect(partitions.map(({ replicas, leader }) => [replicas, leader])).toEqual([
      [[2, 3], 2],
      [[3, 1], 3],
    ])
  })

  it('only checks with validateOnly', async () => {
    await admin.createTopics([{ topic: 't', numPartitions: 1 }], { validateOnly: true })
    expect(await admin.listTopics()).toEqual([])
  })

  it('rejects with the outcome of every item when one fails', async () => {
    await admin.createTopics([{ topic: 'old' }])
    const error = await admin.createTopics([{ topic: 'old' }, { topic: 'new' }]).catch((reason: unknown) => reason)
    expect(ItemsError.is(error)).toBe(true)
    const { results, failed } = error as ItemsError
    expect(results.map(({ ok }) => ok)).toEqual([false, true])
    expect(failed).toHaveLength(1)
    expect(KafkaError.is(failed[0]?.error, 'TOPIC_ALREADY_EXISTS')).toBe(true)
    expect(failed[0]?.error.message).toContain('"old"')
    expect((await admin.listTopics()).map(({ topic }) => topic).sort()).toEqual(['new', 'old'])
  })

  it('asks again, for the refused topics alone, when the controller has moved', async () => {
    kafka.on(CreateTopics).once().fail('NOT_CONTROLLER')
    await admin.createTopics([{ topic: 't' }])
    expect((await admin.listTopics()).map(({ topic }) => topic)).toEqual(['t'])
  })

  it('says that an earlier attempt may have created the topic when its answer was lost', async () => {
    kafka.on(CreateTopics).once().disconnect({ afterWork: true })
    const error = await admin.createTopics([{ topic: 't' }]).catch((reason: unknown) => reason)
    expect((error as ItemsError).failed[0]?.error.message).toMatch(/TOPIC_ALREADY_EXISTS|earlier attempt/)
    expect((error as ItemsError).failed[0]?.error.message).toContain('earlier attempt')
  })

  it('refuses a topic that is named twice, and counts beside an assignment', async () => {
    await expect(admin.createTopics([{ topic: 't' }, { topic: 't' }])).rejects.toThrow('stands twice')
    await expect(admin.createTopics([{ topic: 't', numPartitions: 2, replicasAssignments: { 0: [1] } }])).rejects.toThrow(
      'replicasAssignments',
    )
  })

  it('gives up at its deadline and keeps the cause', async () => {
    kafka.on(CreateTopics).fail('NOT_CONTROLLER')
    const error = await admin.createTopics([{ topic: 't' }], { timeoutMs: 50 }).catch((reason: unknown) => reason)
    expect(KafkaError.is((error as ItemsError).failed[0]?.error, 'TIMED_OUT')).toBe(true)
    expect(String((error as ItemsError).failed[0]?.error.cause)).toContain('NOT_CONTROLLER')
  })

  it('rejects with the reason of its signal', async () => {
    kafka.on(CreateTopics).delay(60_000)
    const abort = new AbortController()
    const creating = admin.createTopics([{ topic: 't' }], { signal: abort.signal })
    await kafka.sawRequest(CreateTopics)
    const reason = new Error('enough')
    abort.abort(reason)
    await expect(creating).rejects.toBe(reason)
  })
})

describe('deleteTopics', () => {
  it('deletes topics', async () => {
    await admin.createTopics([{ topic: 'a' }, { topic: 'b' }])
    expect(await admin.deleteTopics(['a'])).toEqual([{ topic: 'a' }])
    expect((await admin.listTopics()).map(({ topic }) => topic)).toEqual(['b'])
  })

  it('tells which topic is not there', async () => {
    const error = await admin.deleteTopics(['gone']).catch((reason: unknown) => reason)
    expect((error as ItemsError).failed.map(({ item }) => item)).toEqual(['gone'])
  })
})

describe('listTopics', () => {
  it('leaves internal topics out unless asked', async () => {
    await admin.createTopics([{ topic: 'mine' }])
    const all = await admin.listTopics({ listInternal: true })
    expect(all.filter(({ isInternal }) => !isInternal).map(({ topic }) => topic)).toEqual(['mine'])
    expect((await admin.listTopics()).map(({ topic }) => topic)).toEqual(['mine'])
  })
})

describe('describeTopics', () => {
  it('tells at once, without waiting, that a topic is not there', async () => {
    const error = await admin.describeTopics(['gone']).catch((reason: unknown) => reason)
    expect(KafkaError.is((error as ItemsError).failed[0]?.error, 'UNKNOWN_TOPIC_OR_PARTITION')).toBe(true)
  })

  it('waits for a leader that is being elected', async () => {
    await admin.createTopics([{ topic: 't', numPartitions: 1 }])
    kafka.on(Metadata).once().fail('LEADER_NOT_AVAILABLE')
    const [described] = await admin.describeTopics(['t'])
    expect(described?.partitions).toHaveLength(1)
  })
})

describe('describeCluster', () => {
  it('names the brokers and the controller', async () => {
    const { brokers, controller, clusterId } = await admin.describeCluster()
    expect(brokers.map(({ id }) => id)).toEqual([1, 2, 3])
    expect(brokers.map(({ id }) => id)).toContain(controller?.id)
    expect(clusterId).toBe(kafka.clusterId)
  })

  it('rejects with what the broker says', async () => {
    kafka.on(DescribeCluster).once().fail('CLUSTER_AUTHORIZATION_FAILED')
    await expect(admin.describeCluster()).rejects.toSatisfy((error) => KafkaError.is(error, 'CLUSTER_AUTHORIZATION_FAILED'))
  })
})

describe('the life of an Admin', () => {
  it('rejects after close, and closes twice', async () => {
    await admin.close()
    await admin.close()
    await expect(admin.listTopics()).rejects.toSatisfy((error) => ClosedError.is(error))
  })

  it('leaves a cluster open that was handed in', async () => {
    const cluster = new Cluster({ bootstrapServers: kafka.bootstrapServers, transport: kafka.transport })
    const guest = new Admin({ cluster })
    await guest.describeCluster()
    await guest.close()
    await cluster.refresh()
    expect(cluster.brokers).toHaveLength(3)
    await cluster.close()
  })

  it('takes either a cluster or its options', async () => {
    const cluster = new Cluster({ bootstrapServers: kafka.bootstrapServers, transport: kafka.transport })
    // @ts-expect-error both at once
    expect(() => new Admin({ cluster, bootstrapServers: 'elsewhere:9092' })).toThrow()
    await cluster.close()
  })

  it('refuses options that do not exist', () => {
    // @ts-expect-error a misspelt option
    expect(() => new Admin({ bootstrapServer: 'localhost:9092' })).toThrow('bootstrapServer')
  })
})
