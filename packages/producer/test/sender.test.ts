import { gzip } from '@k/compression-gzip'
import {
  BufferPool,
  type Codec,
  type Headers,
  type ProduceResponse,
  type RecordBatch,
  type RecordReader,
  recordBatches,
  UnsupportedVersionError,
  ZERO_UUID,
} from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { AttemptOutcomes } from '../src/attempt-outcomes.ts'
import { type Batch, PartitionQueue } from '../src/partition-queue.ts'
import { type BatchOwner, ProducerBatch } from '../src/producer-batch.ts'
import type { SenderOptions } from '../src/sender.ts'
import { Senders } from '../src/senders.ts'
import { ManualClock } from './manual-clock.ts'
import { NotedDelivery } from './queue-set-up.ts'

interface SentRequest {
  readonly broker: number
  readonly minVersion: number | undefined
  readonly maxVersion: number | undefined
  readonly partitions: { topic: string; partition: number; records: Uint8Array }[]
  answer(response: unknown): void
  fail(error: unknown): void
}

type PartitionAnswer = Partial<ProduceResponse['responses'][number]['partitionResponses'][number]>

/** A response that says `answer` of every partition of the request. */
function response(
  request: SentRequest,
  answer: (partition: number) => PartitionAnswer,
  rest: Partial<ProduceResponse> = {},
): ProduceResponse {
  return {
    responses: request.partitions.map(({ topic, partition }) => ({
      name: topic,
      topicId: ZERO_UUID,
      partitionResponses: [
        {
          index: partition,
          errorCode: 0,
          baseOffset: 0n,
          logAppendTimeMs: -1n,
          logStartOffset: 0n,
          recordErrors: [],
          errorMessage: null,
          currentLeader: { leaderId: -1, leaderEpoch: -1 },
          ...answer(partition),
        },
      ],
    })),
    throttleTimeMs: 0,
    nodeEndpoints: [],
    ...rest,
  }
}

function setUp(options: Partial<SenderOptions> & { topicId?: string; produceVersion?: number | undefined } = {}) {
  const clock = new ManualClock()
  const spoken = { produceVersion: 'produceVersion' in options ? options.produceVersion : 13 }
  const requests: SentRequest[] = []
  const hints: unknown[] = []
  const leaderless: PartitionQueue[] = []
  const cluster = {
    request: (_api: unknown, body: { topicData: { name: string; partitionData: { index: number; records: Uint8Array }[] }[] }, o: never) =>
      new Promise((answer, fail) => {
        const { to, minVersion, maxVersion } = o as Pick<SentRequest, 'minVersion' | 'maxVersion'> & { to: { broker: number } }
        const partitions = body.topicData.flatMap(({ name, partitionData }) =>
          partitionData.map(({ index, records }) => ({ topic: name, partition: index, records })),
        )
        requests.push({ broker: to.broker, minVersion, maxVersion, partitions, answer, fail })
      }),
    topic: () => ({ topicId: options.topicId ?? 'AAAAAAAAAAAAAAAAAAAAAQ' }),
    updateLeader: (...hint: unknown[]) => hints.push(hint),
    versionOf: () => spoken.produceVersion,
  }
  const backoff = { retryBackoffMs: 100, retryBackoffMaxMs: 1_000, clock, random: { next: () => 0.5 } }
  const senders = new Senders({
    cluster: cluster as never,
    clock,
    clientId: 'test',
    acks: -1,
    codec: undefined,
    requestTimeoutMs: 1_000,
    maxRequestSize: 1_000_000,
    maxInFlightRequestsPerConnection: 5,
    outcomes: new AttemptOutcomes({ ...backoff, acks: options.acks ?? -1, retries: 100, lookUp: () => undefined }),
    mayLeave: () => true,
    leaderless: (queue) => leaderless.push(queue),
    ...options,
  })
  const owner: BatchOwner<PartitionQueue> = { pool: new BufferPool(), settled: () => undefined, released: () => undefined }
  const rules = {
    identity: { identity: { producerId: 1n, producerEpoch: 0 }, exhausted: () => undefined },
    maxInFlight: 5,
    lost: () => undefined,
  }
  const queues = new Map<number, PartitionQueue>()
  const queue = (partition: number) => {
    const known = queues.get(partition) ?? new PartitionQueue('orders', partition, rules)
    if (queues.has(partition)) return known
    queues.set(partition, known)
    known.leader = 1
    // An empty batch: the broker knows the producer from here on.
    const first: Batch = new ProducerBatch(owner, known, 0, 0, 100)
    known.add(first)
    known.take(1)
    known.complete(first)
    return known
  }
  let order = 0
  const noted = new NotedDelivery()
  const add = (partition: number, bytes = 10, headers?: Headers): Batch => {
    order += 1
    const batch: Batch = new ProducerBatch(owner, queue(partition), order, clock.monotonic(), 1024)
    batch.append(1_000, null, `${order}`.padEnd(bytes, '.'), headers, Number.POSITIVE_INFINITY, undefined, noted)
    queue(partition).add(batch)
    senders.ready(queue(partition))
    return batch
  }
  /** Lets promises settle. */
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve))
  const partitionsOf = (request: SentRequest | undefined) => request?.partitions.map(({ partition }) => partition)
  const sequencesOf = (partition: number) =>
    requests.flatMap(({ partitions }) =>
      partitions.filter((one) => one.partition === partition).map(({ records }) => [...recordBatches(records)][0]?.baseSequence),
    )
  return { clock, spoken, requests, hints, leaderless, senders, queue, add, noted, settle, partitionsOf, sequencesOf }
}

const NOT_LEADER_OR_FOLLOWER = 6
const NOT_ENOUGH_REPLICAS = 19
const OUT_OF_ORDER_SEQUENCE_NUMBER = 45

describe('a sender', () => {
  it('gathers one ready batch of each of its partitions into a request', () => {
    const { add, senders, requests, partitionsOf } = setUp()
    add(0)
    add(1)
    add(1)
    add(2)
    senders.drain()
    expect(requests.map(partitionsOf)).toEqual([[0, 1, 2], [1]])
  })

  it('fills a request up to maxRequestSize, and sends the rest in the next, nobody twice before all others', () => {
    const { add, senders, requests, partitionsOf } = setUp({ maxRequestSize: 300 })
    for (const partition of [0, 1, 2, 0, 1, 2]) add(partition, 50)
    senders.drain()
    expect(requests.map(partitionsOf)).toEqual([
      [0, 1],
      [2, 0],
      [1, 2],
    ])
  })

  it('sends a batch that is larger than maxRequestSize alone', () => {
    const { add, senders, requests, partitionsOf } = setUp({ maxRequestSize: 100 })
    add(0, 500)
    add(1, 10)
    senders.drain()
    expect(requests.map(partitionsOf)).toEqual([[0], [1]])
  })

  it('has at most maxInFlightRequestsPerConnection requests on their way', async () => {
    const { add, senders, requests, settle, sequencesOf } = setUp({ maxInFlightRequestsPerConnection: 2 })
    for (let i = 0; i < 4; i++) add(0)
    senders.drain()
    expect(requests).toHaveLength(2)
    requests[0]?.answer(response(requests[0], () => ({})))
    await settle()
    expect(requests).toHaveLength(3)
    expect(sequencesOf(0)).toEqual([0, 1, 2])
  })

  it('sends nothing for as long as the broker asked for with throttleTimeMs', async () => {
    const { clock, add, senders, requests, settle } = setUp()
    add(0)
    senders.drain()
    requests[0]?.answer(response(requests[0], () => ({}), { throttleTimeMs: 500 }))
    await settle()
    add(0)
    senders.drain()
    clock.pass(499)
    expect(requests).toHaveLength(1)
    clock.pass(1)
    expect(requests).toHaveLength(2)
  })

  it('sends again after a pause, the same bytes in the same order, while other partitions go on', async () => {
    const { clock, add, senders, requests, settle, sequencesOf, partitionsOf } = setUp()
    for (let i = 0; i < 3; i++) add(0)
    senders.drain()
    const [first, second, third] = requests
    first?.answer(response(first, () => ({ errorCode: NOT_ENOUGH_REPLICAS })))
    await settle()
    second?.answer(response(second, () => ({ errorCode: OUT_OF_ORDER_SEQUENCE_NUMBER })))
    await settle()
    add(1)
    senders.drain()
    expect(partitionsOf(requests[3])).toEqual([1])
    clock.pass(150)
    expect(requests).toHaveLength(4)
    third?.answer(response(third, () => ({ errorCode: OUT_OF_ORDER_SEQUENCE_NUMBER })))
    await settle()
    clock.pass(150)
    expect(sequencesOf(0)).toEqual([0, 1, 2, 0, 1, 2])
    expect(requests[4]?.partitions[0]?.records).toEqual(first?.partitions[0]?.records)
  })

  it('hands its partition over when the leader moves, after its own requests are answered, and nothing is encoded again', async () => {
    const { clock, add, senders, requests, queue, settle } = setUp()
    const batch = add(0)
    add(0)
    senders.drain()
    const [first, second] = requests
    queue(0).leader = 2
    senders.ready(queue(0))
    add(0)
    senders.drain()
    expect(requests).toHaveLength(2)
    first?.answer(response(first, () => ({ errorCode: NOT_LEADER_OR_FOLLOWER })))
    await settle()
    expect(requests).toHaveLength(2)
    second?.answer(response(second, () => ({ errorCode: NOT_LEADER_OR_FOLLOWER })))
    await settle()
    clock.pass(0)
    expect(requests.slice(2).map(({ broker }) => broker)).toEqual([2, 2, 2])
    expect(requests[2]?.partitions[0]?.records).toBe(first?.partitions[0]?.records)
    expect(batch.attempts).toBe(2)
  })

  it('passes on where the broker says the leader is', async () => {
    const { add, senders, requests, hints, settle } = setUp()
    add(0)
    senders.drain()
    const nodeEndpoints = [{ nodeId: 2, host: 'b2', port: 9092, rack: null }]
    const currentLeader = { leaderId: 2, leaderEpoch: 5 }
    requests[0]?.answer(response(requests[0], () => ({ errorCode: NOT_LEADER_OR_FOLLOWER, currentLeader }), { nodeEndpoints }))
    await settle()
    expect(hints).toEqual([['orders', 0, currentLeader, nodeEndpoints]])
  })

  it('believes only answers for what it asked, and each once', async () => {
    const { add, senders, requests, noted, settle } = setUp()
    add(0)
    senders.drain()
    const [request] = requests
    const right = response(request!, () => ({ baseOffset: 7n }))
    const part = right.responses[0]!.partitionResponses[0]!
    const hostile: ProduceResponse = {
      ...right,
      responses: [
        { name: 'other', topicId: ZERO_UUID, partitionResponses: [part] },
        {
          name: 'orders',
          topicId: ZERO_UUID,
          partitionResponses: [{ ...part, index: 99 }, { ...part, index: -1 }, part, { ...part, errorCode: 87 }],
        },
      ],
    }
    request?.answer(hostile)
    await settle()
    expect(noted.errors).toEqual([])
    add(0)
    senders.drain()
    expect(requests).toHaveLength(2)
  })

  it('sends again what the response left out', async () => {
    const { clock, add, senders, requests, settle, sequencesOf } = setUp()
    add(0)
    senders.drain()
    requests[0]?.answer({ responses: [], throttleTimeMs: 0, nodeEndpoints: [] })
    await settle()
    clock.pass(100)
    expect(sequencesOf(0)).toEqual([0, 0])
  })

  it('names topics by name where their id is not known', () => {
    const { add, senders, requests } = setUp({ topicId: ZERO_UUID })
    add(0)
    senders.drain()
    expect(requests[0]?.maxVersion).toBe(12)
    const other = setUp()
    other.add(0)
    other.senders.drain()
    expect(other.requests[0]?.maxVersion).toBe(undefined)
  })

  it('tells of partitions without a leader, and sends when there is one', () => {
    const { add, queue, senders, leaderless, requests } = setUp()
    queue(0).leader = -1
    add(0)
    senders.drain()
    expect(leaderless).toEqual([queue(0)])
    expect(requests).toEqual([])
    queue(0).leader = 3
    senders.ready(queue(0))
    senders.drain()
    expect(requests.map(({ broker }) => broker)).toEqual([3])
  })
})

describe('a sender with a codec that works later', () => {
  function slowCodec() {
    const waiting: { resolve: (bytes: Uint8Array) => void; reject: (error: Error) => void }[] = []
    const codec: Codec = {
      id: 4,
      name: 'zstd',
      compress: () => new Promise((resolve, reject) => waiting.push({ resolve, reject })),
      decompress: (bytes) => bytes,
    }
    return { codec, waiting }
  }

  it('lets nothing overtake what is being compressed', async () => {
    const { codec, waiting } = slowCodec()
    const { add, senders, requests, settle, sequencesOf } = setUp({ codec })
    add(0)
    senders.drain()
    add(0)
    senders.drain()
    expect(requests).toEqual([])
    waiting[0]?.resolve(Buffer.from('first'))
    await settle()
    waiting[1]?.resolve(Buffer.from('second'))
    await settle()
    expect(sequencesOf(0)).toEqual([0, 1])
  })

  it('fails the batch that cannot be compressed, certainly not written, and sends the others', async () => {
    const { codec, waiting } = slowCodec()
    const { add, senders, requests, noted, settle, partitionsOf } = setUp({ codec })
    add(0)
    add(1)
    senders.drain()
    waiting[0]?.reject(new Error('out of memory'))
    waiting[1]?.resolve(Buffer.from('second'))
    await settle()
    expect(noted.errors).toMatchObject([{ code: 'COMPRESSION_FAILED', partition: 0, maybeWritten: false }])
    expect(requests.map(partitionsOf)).toEqual([[1]])
  })

  it('fails the batch of a codec that throws', async () => {
    const codec: Codec = {
      id: 1,
      name: 'gzip',
      compress: () => {
        throw new Error('broken')
      },
      decompress: (bytes) => bytes,
    }
    const { add, senders, requests, noted } = setUp({ codec })
    add(0)
    senders.drain()
    expect(noted.errors[0]?.message).toContain('gzip could not compress the batch: broken')
    expect(requests).toEqual([])
  })
})

describe('a sender with acks 0', () => {
  it('counts a batch as done once it has left, at an offset that nobody knows', async () => {
    const { add, senders, requests, noted, settle } = setUp({ acks: 0 })
    const batch = add(0)
    senders.drain()
    requests[0]?.answer(undefined)
    await settle()
    expect(batch.isSettled).toBe(true)
    expect(noted.errors).toEqual([])
  })
})

describe('a sender to a broker of before Kafka 0.11', () => {
  const refusal = () => new UnsupportedVersionError('broker 1 speaks Produce 0 to 2', { api: 'Produce' })
  const batchesOf = (request: SentRequest | undefined): RecordBatch[] => [...recordBatches(request!.partitions[0]!.records)]
  const valuesOf = (reader: RecordReader): string[] => {
    const values: string[] = []
    while (reader.next()) values.push(String(reader.value()))
    return values
  }

  it('writes message sets of magic 1 in Produce 2, once the broker has said that it knows no other', async () => {
    const { add, senders, requests, noted, settle, spoken } = setUp({ produceVersion: undefined })
    const batch = add(0)
    senders.drain()
    expect(requests[0]).toMatchObject({ minVersion: 3 })
    spoken.produceVersion = 2
    requests[0]?.fail(refusal())
    await settle()
    expect(requests[1]).toMatchObject({ broker: 1, minVersion: 2, maxVersion: 2 })
    expect(batchesOf(requests[1]).map(({ magic, maxTimestamp }) => [magic, maxTimestamp])).toEqual([[1, 1_000]])
    expect(batch.attempts).toBe(1)
    requests[1]?.answer(response(requests[1], () => ({ baseOffset: 5n })))
    await settle()
    expect([batch.isSettled, noted.errors]).toEqual([true, []])
    add(0)
    senders.drain()
    await settle()
    expect(requests).toHaveLength(3)
    expect(requests[2]).toMatchObject({ minVersion: 2, maxVersion: 2 })
  })

  it('lets no message set overtake another, however long each takes to compress', async () => {
    const waiting: (() => void)[] = []
    const codec: Codec = {
      ...gzip(),
      compress: (bytes) => new Promise((resolve) => waiting.push(() => resolve(gzip().compress(bytes)))),
    }
    const { add, senders, requests, settle, spoken } = setUp({ produceVersion: undefined, codec })
    for (let i = 0; i < 2; i++) {
      add(0)
      senders.drain()
      waiting.shift()?.()
      await settle()
    }
    spoken.produceVersion = 2
    for (const request of [...requests]) request.fail(refusal())
    await settle()
    expect(waiting).toHaveLength(1)
    waiting.shift()?.()
    await settle()
    waiting.shift()?.()
    await settle()
    const sets = requests.slice(2).flatMap(batchesOf)
    expect(sets.map(({ magic, compressionType }) => [magic, compressionType])).toEqual([
      [1, 1],
      [1, 1],
    ])
    const readers = await Promise.all(sets.map((set) => set.records()))
    expect(readers.map((reader) => valuesOf(reader)[0]?.[0])).toEqual(['1', '2'])
  })

  it('refuses a batch with headers, certainly not written, instead of losing them, and sends the others', async () => {
    const { add, senders, requests, noted, settle, partitionsOf } = setUp({ produceVersion: 2 })
    add(0, 10, { trace: '1' })
    add(1)
    senders.drain()
    await settle()
    expect(requests.map(partitionsOf)).toEqual([[1]])
    expect(noted.errors).toMatchObject([{ code: 'UNSUPPORTED_VERSION', partition: 0, maybeWritten: false }])
    expect(noted.errors[0]?.message).toContain('headers')
    expect(UnsupportedVersionError.is(noted.errors[0]?.cause)).toBe(true)
  })

  it('does not rewrite zstd, for which old formats have no place', async () => {
    const codec: Codec = { id: 4, name: 'zstd', compress: (bytes) => bytes, decompress: (bytes) => bytes }
    const { add, senders, requests, noted, settle } = setUp({ produceVersion: 2, codec })
    add(0)
    senders.drain()
    requests[0]?.fail(refusal())
    await settle()
    expect(requests.map(({ minVersion }) => minVersion)).toEqual([7])
    expect(noted.errors).toMatchObject([{ code: 'UNSUPPORTED_VERSION', maybeWritten: false }])
  })
})
