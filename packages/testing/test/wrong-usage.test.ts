import { AddRaftVoter, type AnyApi, ConsumerGroupHeartbeat, Heartbeat, Produce, type TransportHandler } from '@k/protocol'
import { afterEach, describe, expect, it } from 'vitest'
import { FakeCluster, type FakeClusterOptions, SeededRandom, simulate, VirtualClock } from '../src/index.ts'

const open: FakeCluster[] = []
afterEach(async () => {
  for (const kafka of open.splice(0)) await kafka.close()
})

async function start(options: FakeClusterOptions = {}): Promise<FakeCluster> {
  const kafka = await FakeCluster.start({ tcp: false, topics: { orders: 1 }, ...options })
  open.push(kafka)
  return kafka
}

/** What JavaScript lets through. */
const wrong = <T>(value: unknown): T => value as T

const handler: TransportHandler = { buffer: () => new Uint8Array(1), received() {}, drained() {}, closed() {} }

describe('an option that cannot be meant', () => {
  it.each<[string, object | null, RegExp]>([
    ['no object', null, /FakeCluster takes an object of options .*, not null/],
    ['a name that nobody knows', { broker: 3 }, /broker is not an option of FakeCluster; there are version, brokers/],
    [
      'a name that topics do not know',
      { topics: { orders: { partitions: 3 } } },
      /partitions is not an option of topic orders; there are numPart/,
    ],
    ['partitions as text', { topics: { orders: { numPartitions: '3' } } }, /numPartitions must be a number, not "3"/],
    ['topics in an array', { topics: ['orders'] }, /topics must hold a number of partitions.*not an array/],
    ['topics that are null', { topics: { orders: null } }, /topic orders takes an object of options .*, not null/],
    ['a clock that is none', { clock: {} }, /clock must be a Clock, for instance new VirtualClock\(\)/],
    ['a seed for random', { random: 7 }, /random must be a Random, for instance new SeededRandom\(1\), not 7/],
    ['names for codecs', { codecs: ['gzip'] }, /codecs must be an array of codecs.*\[gzip\(\)\]/],
    ['another mechanism', { sasl: { scram: {} } }, /scram is not an option of sasl; there are plain/],
    ['no passwords', { sasl: { plain: 'bob' } }, /sasl must hold passwords by user name/],
    ['true for tls', { tls: true }, /tls must be options of a TLS server, such as \{ key, cert \}, not true/],
    ['text for tcp', { tcp: 'no' }, /tcp must be a boolean, not "no"/],
    ['one rack for all', { racks: 'a' }, /racks must be an array of strings/],
  ])('is refused: %s', async (_, options, sentence) => {
    await expect(FakeCluster.start(wrong(options))).rejects.toThrow(sentence)
  })

  it('is refused for a topic that is created later, too', async () => {
    const kafka = await start()
    await expect(kafka.createTopic('events', wrong({ partitions: 3 }))).rejects.toThrow(/partitions is not an option of topic events/)
    await expect(kafka.createTopic(wrong(undefined))).rejects.toThrow(/topic must be a name, not undefined/)
    expect(() => kafka.alterConfigs('orders', wrong(undefined))).toThrow(/must be values by name/)
    expect(() => kafka.createPartitions('orders', wrong('x'))).toThrow(/must be whole, not x/)
    expect(() => kafka.records('orders', wrong({ isolationLevel: 'committed' }))).toThrow(
      /read_committed or read_uncommitted, not "committed"/,
    )
  })

  it('is refused by a clock, by chance and by a simulation', async () => {
    expect(() => new VirtualClock({ now: wrong(new Date()) })).toThrow(/now must be milliseconds since the epoch/)
    expect(() => new SeededRandom(wrong('abc'))).toThrow(/seed must be a number/)
    const clock = new VirtualClock()
    await expect(clock.run(wrong<Promise<void>>(5))).rejects.toThrow(/must be a promise, or a function that returns one, not 5/)
    await expect(clock.runUntil(wrong(true))).rejects.toThrow(/must be a function, not true/)
    await expect(
      simulate(
        wrong(async () => 1),
        wrong(1),
      ),
    ).rejects.toThrow(/seed must be a number, such as 1 .*, not a function/)
    await expect(simulate(1, wrong(undefined))).rejects.toThrow(/the scenario must be a function, not undefined/)
    await expect(simulate(1, async () => 1, wrong({ brokers: 3 }))).rejects.toThrow(
      /brokers is not an option of simulate; there are cluster/,
    )
    await expect(simulate(1, async () => 1, wrong({ cluster: { tcp: true } }))).rejects.toThrow(/cluster.tcp is decided by the simulation/)
  })
})

describe('a fault that could never strike', () => {
  it.each<[string, unknown, RegExp]>([
    ['a name', 'Produce', /api must be one that @k\/protocol exports, such as Produce \(a value, no string\), not "Produce"/],
    ['nothing', undefined, /such as Produce .*, not undefined/],
    ['an API that no release of it serves', AddRaftVoter, /one that FakeCluster serves \(Produce, .*\), not AddRaftVoter/],
    [
      'an API of a later release',
      ConsumerGroupHeartbeat,
      /must be one that Kafka 2.8 has, as which this cluster poses; ConsumerGroupHeartbeat is not/,
    ],
  ])('is refused: for %s', async (_, api, sentence) => {
    const kafka = await start({ version: '2.8' })
    expect(() => kafka.on(wrong<AnyApi>(api))).toThrow(sentence)
    await expect(kafka.sawRequest(wrong<AnyApi>(api))).rejects.toThrow(sentence)
  })

  it.each<[string, unknown, RegExp]>([
    ['of a broker that there is not', { broker: 7 }, /broker must be the id of a broker \(1\), not 7/],
    [
      'by a name that nobody looks at',
      { client: 'shop' },
      /client is not an option of the filter; there are broker, clientId, connection, when/,
    ],
    ['by a value for when', { when: true }, /when must be a function, not true/],
    ['by a function alone', () => true, /the filter takes an object of options .*, not a function/],
  ])('is refused: %s', async (_, filter, sentence) => {
    const kafka = await start()
    expect(() => kafka.on(Produce, wrong(filter))).toThrow(sentence)
    expect(() => kafka.onAny(wrong(filter))).toThrow(sentence)
  })

  it('is refused: with options or values that mean nothing', async () => {
    const choice = (await start()).on(Produce)
    expect(() => choice.fail('REQUEST_TIMED_OUT', wrong({ after: true }))).toThrow(
      /after is not an option of the fault; there are afterWork/,
    )
    expect(() => choice.fail(wrong('NOT_LEADER'))).toThrow(
      /one of Kafka's error codes, such as NOT_LEADER_OR_FOLLOWER, or a number, not "NOT_LEADER"/,
    )
    expect(() => choice.while(wrong(true))).toThrow(/while must be a function, not true/)
    expect(() => choice.answer(wrong({}))).toThrow(/answer must be a function, not an object/)
    expect(() => choice.answerBytes(wrong(undefined))).toThrow(/answerBytes takes a function/)
    expect(() => choice.delay(Number.POSITIVE_INFINITY)).toThrow(/delay must be milliseconds/)
    await expect(choice.disconnect().struck(wrong('x'))).rejects.toThrow(/strikes at least 1 time, not "x"/)
  })
})

describe('a wait for what cannot come', () => {
  it('says what it got', async () => {
    const kafka = await start()
    await expect(kafka.until(wrong(true))).rejects.toThrow(/what is waited for must be a function, not true/)
    await expect(kafka.until(() => true, wrong({ timeout: 20 }))).rejects.toThrow(
      /timeout is not an option of the wait; there are timeoutMs/,
    )
    await expect(kafka.until(() => true, { timeoutMs: wrong('20') })).rejects.toThrow(/timeoutMs must be milliseconds, not "20"/)
    await expect(kafka.sawRequest(Heartbeat, wrong({ timeoutMs: 20 }))).rejects.toThrow(/the predicate must be a function, not an object/)
  })
})

describe('what is looked for where it is not', () => {
  it('is answered with what there is', async () => {
    const kafka = await start({ topics: { orders: 2, events: 1 } })
    expect(() => kafka.records('order')).toThrow(/there is no topic order; there are orders, events/)
    expect(() => kafka.leaderOf({ topic: 'orders', partition: 5 })).toThrow(/topic orders has no partition 5, but 2 from 0 on/)
    await expect(kafka.broker(1).moveTo(wrong('x'))).rejects.toThrow(/a port from 1 to 65535, or 0 for a free one, not x/)
  })

  it('is an address that the transport does not lead to', async () => {
    const kafka = await start()
    const connecting = kafka.transport.connect({ host: 'localhost', port: 9092 }, handler)
    await expect(connecting).rejects.toThrow(/leads to broker-1.*, not to localhost:9092: take bootstrapServers from the same FakeCluster/)
  })

  it('is a cluster that was closed', async () => {
    const kafka = await start()
    const [{ host, port } = { host: '', port: 0 }] = kafka.brokers
    await kafka.close()
    await expect(kafka.transport.connect({ host, port }, handler)).rejects.toThrow(
      /the FakeCluster was closed: close the clients before it/,
    )
    await expect(kafka.broker(1).moveTo()).rejects.toThrow(/the cluster was closed/)
    await kafka.broker(1).kill()
    await expect(kafka.broker(1).revive()).rejects.toThrow(/the cluster was closed/)
  })
})

describe('a simulation that hangs', () => {
  it('closes its cluster all the same, so that the process can end', async () => {
    let kafka: FakeCluster | undefined
    const hanging = simulate(1, async (simulation) => {
      kafka = simulation.kafka
      await new Promise(() => {})
    })
    await expect(hanging).rejects.toThrow(/nothing is left to happen/)
    await expect(kafka!.broker(1).moveTo()).rejects.toThrow(/the cluster was closed/)
  })
})
