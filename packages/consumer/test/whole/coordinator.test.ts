import { Cluster } from '@k/network'
import { FindCoordinator, Metadata, OffsetFetch } from '@k/protocol'
import type { FakeBroker } from '@k/testing'
import { describe, expect, it } from 'vitest'
import { Consumer } from '../../src/index.ts'
import { Rig } from '../support/rig.ts'

const tp = (partition = 0) => ({ topic: 'orders', partition })

/** A cluster with a group whose coordinator moved while it committed 5 and then 9; the one before is `frozen`. */
async function moved() {
  const rig = await Rig.start({ brokers: 3, topics: { orders: 1 } })
  const { kafka } = rig
  const writer = rig.loose({ groupId: 'g', enableAutoCommit: false })
  const reader = rig.loose({ groupId: 'g', enableAutoCommit: false })
  for (const consumer of [writer, reader]) consumer.assign([tp()])
  await writer.commit([{ ...tp(), offset: 5 }])
  expect(await reader.position(tp())).toBe(5)
  const frozen = kafka.broker(kafka.coordinatorOf('g'))
  kafka.moveCoordinator('g', (frozen.id % 3) + 1)
  await writer.commit([{ ...tp(), offset: 9 }])
  return { rig, kafka, reader, frozen }
}

/** What a broker that was frozen answers until it hears that others have taken over. */
function wakesUp({ kafka, frozen }: { kafka: Rig['kafka']; frozen: FakeBroker }, times: number): void {
  const { id: nodeId, host, port } = frozen
  kafka
    .on(FindCoordinator, { broker: nodeId })
    .times(times)
    .answer(({ coordinators }) => ({ coordinators: coordinators.map((one) => ({ ...one, nodeId, host, port })) }))
  answersFromMemory(kafka, nodeId, times)
}

function answersFromMemory(kafka: Rig['kafka'], broker: number, times: number): void {
  kafka
    .on(OffsetFetch, { broker })
    .times(times)
    .answer(({ groups }, request) => {
      const { topicId, name } = request.groups[0]!.topics![0]!
      const topics = [{ topicId, name, partitions: [{ partitionIndex: 0, committedOffset: 5n, metadata: '', errorCode: 0 }] }]
      return { groups: groups.map(({ groupId }) => ({ groupId, topics, errorCode: 0 })) }
    })
}

describe('the coordinator of a group', () => {
  it('is looked for again once it has moved, by those who are no members too', async () => {
    const rig = await Rig.start({ brokers: 3, topics: { orders: 2 } })
    const consumer = rig.loose({ groupId: 'g', enableAutoCommit: false, defaultApiTimeoutMs: 2_000 })
    consumer.assign([tp(0), tp(1)])
    await consumer.commit([{ ...tp(1), offset: 7 }])
    rig.kafka.moveCoordinator('g', (rig.kafka.coordinatorOf('g') % 3) + 1)
    consumer.assign([tp(0)])
    consumer.assign([tp(0), tp(1)])
    expect(await consumer.position(tp(1))).toBe(7)
  })

  it('that was frozen and woke up is not believed with offsets of before: another broker knows who coordinates now', async () => {
    const cluster = await moved()
    wakesUp(cluster, 3)
    expect(await cluster.reader.seekToCommitted()).toMatchObject([{ offset: 9 }])
    expect(await cluster.reader.position(tp())).toBe(9)
  })

  it('that was frozen is not believed by who finds it only now', async () => {
    const cluster = await moved()
    for (let times = 1; times < 5; times++) {
      wakesUp(cluster, times)
      const consumer = cluster.rig.loose({ groupId: 'g', bootstrapServers: `${cluster.frozen.host}:${cluster.frozen.port}` })
      consumer.assign([tp()])
      expect(await consumer.position(tp())).toBe(9)
      cluster.kafka.clearFaults()
    }
  })

  it('that was frozen with the question is not believed when it wakes up: others have taken over since', async () => {
    const rig = await Rig.start({ brokers: 3, topics: { orders: 1 } })
    const { kafka } = rig
    const [writer, reader] = [rig.loose({ groupId: 'g', enableAutoCommit: false }), rig.loose({ groupId: 'g', enableAutoCommit: false })]
    writer.assign([tp()])
    await writer.commit([{ ...tp(), offset: 5 }])
    const frozen = kafka.coordinatorOf('g')
    const freeze = kafka.on(OffsetFetch, { broker: frozen }).hold()
    answersFromMemory(kafka, frozen, 1)
    const found = reader.committed([tp()])
    await freeze.struck()
    // While it is asked, all still take it for the coordinator.
    await new Promise((resolve) => setTimeout(resolve, 2_100))
    kafka.moveCoordinator('g', (frozen % 3) + 1)
    await writer.commit([{ ...tp(), offset: 9 }])
    freeze.release()
    expect(await found).toMatchObject([{ offset: 9 }])
  })

  it('is believed where no other broker can be asked', async () => {
    const { rig, kafka } = await moved()
    for (const { id } of kafka.brokers)
      if (id !== kafka.coordinatorOf('g')) kafka.on(FindCoordinator, { broker: id }).fail('UNKNOWN_SERVER_ERROR')
    const consumer = rig.loose({ groupId: 'g', bootstrapServers: addressOf(kafka.broker(kafka.coordinatorOf('g'))) })
    consumer.assign([tp()])
    expect(await consumer.position(tp())).toBe(9)
    kafka.clearFaults()
    for (const { id } of kafka.brokers) if (id !== kafka.coordinatorOf('g')) kafka.on(FindCoordinator, { broker: id }).dropAnswer()
    expect(await consumer.seekToCommitted()).toMatchObject([{ offset: 9 }])
  })

  it('is believed where another broker answers and names nobody', async () => {
    const { rig, kafka } = await moved()
    const others = kafka.brokers.filter(({ id }) => id !== kafka.coordinatorOf('g'))
    // A number that is left out reads as 0, which may be that of a broker.
    for (const { id: broker } of others) kafka.on(FindCoordinator, { broker }).answer(() => ({ coordinators: [] }))
    const bootstrapServers = addressOf(kafka.broker(kafka.coordinatorOf('g')))
    const consumer = rig.loose({ groupId: 'g', enableAutoCommit: false, bootstrapServers, defaultApiTimeoutMs: 5_000 })
    expect(await consumer.committed([tp()])).toMatchObject([{ offset: 9 }])
  })

  it('is believed in the end where one of the others stays behind', async () => {
    const { rig, kafka } = await moved()
    const consumer = rig.loose({ groupId: 'g', enableAutoCommit: false, defaultApiTimeoutMs: 10_000 })
    consumer.assign([tp()])
    for (const { id: nodeId, host, port } of kafka.brokers) {
      if (nodeId === kafka.coordinatorOf('g')) continue
      kafka
        .on(FindCoordinator, { broker: nodeId })
        .answer(({ coordinators }) => ({ coordinators: coordinators.map((one) => ({ ...one, nodeId, host, port })) }))
      expect(await consumer.seekToCommitted()).toMatchObject([{ offset: 9 }])
      kafka.clearFaults()
    }
  })

  it('is believed after a while where every broker names itself, as services that only look like Kafka may do', {
    timeout: 20_000,
  }, async () => {
    const { rig, kafka } = await moved()
    for (const { id: nodeId, host, port } of kafka.brokers) {
      kafka
        .on(FindCoordinator, { broker: nodeId })
        .answer(({ coordinators }) => ({ coordinators: coordinators.map((one) => ({ ...one, nodeId, host, port })) }))
    }
    // Each has the offsets.
    kafka.on(OffsetFetch).answer(({ groups, ...rest }, request) => {
      const { topicId, name } = request.groups[0]!.topics![0]!
      const topics = [{ topicId, name, partitions: [{ partitionIndex: 0, committedOffset: 9n, metadata: '', errorCode: 0 }] }]
      return { ...rest, groups: groups.map(({ groupId }) => ({ groupId, topics, errorCode: 0 })) }
    })
    const consumer = rig.loose({ groupId: 'g', enableAutoCommit: false, defaultApiTimeoutMs: 10_000 })
    expect(await consumer.committed([tp()])).toMatchObject([{ offset: 9 }])
    // Once is enough.
    const started = performance.now()
    expect(await consumer.committed([tp()])).toMatchObject([{ offset: 9 }])
    expect(performance.now() - started).toBeLessThan(1_000)
  })

  it('is believed where another broker is slow, and what others asked of that one is not lost', async () => {
    const { kafka } = await moved()
    const { bootstrapServers, transport } = kafka
    await using cluster = new Cluster({ bootstrapServers, transport, logger: null })
    await using consumer = new Consumer({ cluster, groupId: 'g', enableAutoCommit: false, logger: null })
    await cluster.apiVersions(kafka.coordinatorOf('g'))
    const others = kafka.brokers.filter(({ id }) => id !== kafka.coordinatorOf('g'))
    const slow = kafka.on(Metadata, { when: ({ topics }) => topics?.length === 0 }).delay(1_200)
    const asked = others.map(({ id: broker }) => cluster.request(Metadata, { topics: [] }, { to: { broker } }))
    const all = Promise.allSettled(asked)
    await slow.struck(others.length)
    expect(await consumer.committed([tp()])).toMatchObject([{ offset: 9 }])
    for (const one of await all) expect(one).toMatchObject({ status: 'fulfilled' })
  })
})

const addressOf = ({ host, port }: FakeBroker) => `${host}:${port}`
