import { ProduceError, type RecordMetadata } from '@k/producer'
import { type BrokerErrorCode, Metadata, Produce } from '@k/protocol'
import type { FakeCluster } from '@k/testing'
import { describe, expect, it } from 'vitest'
import { newProducer, startKafka } from './fake-set-up.ts'

/** The same numbers for the same seed. */
function randomOf(seed: number): (below: number) => number {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % below
  }
}

const PARTITIONS = 3
const BROKERS = 3
const refusals: BrokerErrorCode[] = [
  'NOT_ENOUGH_REPLICAS',
  'REQUEST_TIMED_OUT',
  'NOT_LEADER_OR_FOLLOWER',
  'KAFKA_STORAGE_ERROR',
  'INVALID_RECORD',
  'CORRUPT_MESSAGE',
  'MESSAGE_TOO_LARGE',
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'UNKNOWN_PRODUCER_ID',
]
const afterwards: BrokerErrorCode[] = ['NOT_ENOUGH_REPLICAS_AFTER_APPEND', 'REQUEST_TIMED_OUT', 'NOT_LEADER_OR_FOLLOWER']

function disturb(kafka: FakeCluster, random: (below: number) => number): void {
  const broker = random(BROKERS) + 1
  const partition = random(PARTITIONS)
  const times = 1 + random(3)
  const produce = () => kafka.on(Produce, { broker }).times(times)
  const disturbances = [
    () => produce().disconnect(),
    () => produce().disconnect({ afterWork: true }),
    () => produce().fail(refusals[random(refusals.length)]!),
    () => produce().fail(afterwards[random(afterwards.length)]!, { afterWork: true }),
    () => produce().delay(random(20)),
    () => produce().delay(120),
    () => kafka.broker(broker).disconnect(),
    () => kafka.on(Metadata).once().disconnect(),
    () => kafka.moveLeader({ topic: 'orders', partition }, broker),
  ]
  disturbances[random(disturbances.length)]!()
}

interface Sent {
  readonly partition: number
  readonly value: string
  metadata?: RecordMetadata
  error?: ProduceError
}

/** Sends through random faults, then compares the log with what every caller was told. */
async function simulate(seed: number): Promise<{ acknowledged: number; failed: number }> {
  const random = randomOf(seed)
  const kafka = await startKafka({ brokers: BROKERS, topics: { orders: { numPartitions: PARTITIONS, replicationFactor: BROKERS } } })
  const enableIdempotence = random(4) > 0
  const producer = newProducer(kafka, {
    enableIdempotence,
    requestTimeoutMs: 60,
    deliveryTimeoutMs: 150 + random(400),
    batchSize: [0, 200, 16_384][random(3)]!,
    lingerMs: [0, 0, 2][random(3)]!,
    bufferMemory: [2_000, 33_554_432][random(2)]! + 16_384,
    maxInFlightRequestsPerConnection: 1 + random(5),
    maxBlockMs: 2_000,
  })
  for (let i = random(4); i > 0; i--) disturb(kafka, random)
  const sent: Sent[] = []
  const pending: Promise<unknown>[] = []
  for (let i = 0; i < 150; i++) {
    if (random(6) === 0) disturb(kafka, random)
    const record: Sent = { partition: random(PARTITIONS), value: `${i}` }
    sent.push(record)
    pending.push(
      producer.send({ topic: 'orders', partition: record.partition, value: record.value }).then(
        (metadata) => {
          record.metadata = metadata
        },
        (error: ProduceError) => {
          record.error = error
        },
      ),
    )
    if (random(4) === 0) await new Promise((resolve) => setImmediate(resolve))
    if (random(40) === 0) await new Promise((resolve) => setTimeout(resolve, random(30)))
  }
  await Promise.all(pending)
  kafka.clearFaults()
  // What comes afterwards finds the producer well.
  await producer.send(Array.from({ length: PARTITIONS }, (_, partition) => ({ topic: 'orders', partition, value: `last ${partition}` })))
  await producer.close()
  expect(kafka.failures).toEqual([])
  for (let partition = 0; partition < PARTITIONS; partition++) {
    compare(
      kafka,
      partition,
      sent.filter((record) => record.partition === partition),
      enableIdempotence,
    )
  }
  return { acknowledged: sent.filter(({ metadata }) => metadata).length, failed: sent.filter(({ error }) => error).length }
}

function compare(kafka: FakeCluster, partition: number, sent: readonly Sent[], isIdempotent: boolean): void {
  const log = kafka.records('orders').filter((record) => record.partition === partition)
  const first = new Map<string, number>()
  for (const { value, offset } of log) if (!first.has(String(value))) first.set(String(value), offset)
  if (isIdempotent) expect(first.size, 'every record is there once').toBe(log.length)
  let last = -1
  for (const { value, metadata, error } of sent) {
    const offset = first.get(value)
    if (metadata !== undefined) {
      expect(offset, `${value} was acknowledged`).toBeGreaterThan(last)
      if (metadata.hasOffset) expect(String(log.find((record) => record.offset === metadata.offset)?.value)).toBe(value)
      last = offset!
    } else if (!error?.maybeWritten) expect(offset, `${value} was certainly not written: ${error?.message}`).toBe(undefined)
    expect(ProduceError.is(error) || metadata !== undefined).toBe(true)
  }
  expect(String(log.at(-1)?.value)).toBe(`last ${partition}`)
}

const runs = Number(process.env.PRODUCER_SIMULATION_RUNS ?? 20)
const first = Number(process.env.PRODUCER_SIMULATION_SEED ?? 1)

describe('a producer among random faults', () => {
  for (let seed = first; seed < first + runs; seed++) {
    it(`tells the truth about every record (seed ${seed})`, { timeout: 30_000 }, async () => {
      const { acknowledged, failed } = await simulate(seed)
      expect(acknowledged + failed).toBe(150)
    })
  }
})
