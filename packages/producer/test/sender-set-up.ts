import { BufferPool, type Headers, type ProduceResponse, recordBatches, ZERO_UUID } from '@k/protocol'
import { Meters } from '../src/meters.ts'
import { type Batch, PartitionQueue, type ProducerIdentity } from '../src/partition-queue.ts'
import { type BatchOwner, ProducerBatch } from '../src/producer-batch.ts'
import { Senders, type SendersOptions } from '../src/senders.ts'
import { ManualClock } from './manual-clock.ts'
import { NotedDelivery } from './queue-set-up.ts'

export interface SentRequest {
  readonly broker: number
  readonly minVersion: number | undefined
  readonly maxVersion: number | undefined
  readonly partitions: { topic: string; partition: number; records: Uint8Array }[]
  answer(response: unknown): void
  fail(error: unknown): void
}

type PartitionAnswer = Partial<ProduceResponse['responses'][number]['partitionResponses'][number]>

/** A response that says `answer` of every partition of the request. */
export function response(
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

export function setUpSenders(options: Partial<SendersOptions> & { topicId?: string; produceVersion?: number | undefined } = {}) {
  const clock = new ManualClock()
  const spoken = { produceVersion: 'produceVersion' in options ? options.produceVersion : 13 }
  const requests: SentRequest[] = []
  const hints: unknown[] = []
  const lookedUp: string[] = []
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
  const meters = new Meters(clock, 'test')
  const senders = new Senders({
    clock,
    random: { next: () => 0.5 },
    cluster: cluster as never,
    meters,
    clientId: 'test',
    acks: -1,
    retries: 100,
    retryBackoffMs: 100,
    retryBackoffMaxMs: 1_000,
    compression: [],
    requestTimeoutMs: 1_000,
    maxRequestSize: 1_000_000,
    maxInFlightRequestsPerConnection: 5,
    lookup: { want: (topic) => lookedUp.push(topic) },
    identity: undefined,
    maxInFlight: 5,
    accumulator: () => ({ mayLeave: () => true, giveUp: () => undefined }),
    ...options,
  })
  const owner: BatchOwner<PartitionQueue> = {
    pool: new BufferPool(),
    settled: () => undefined,
    released: () => undefined,
    replaced: () => undefined,
    compressed: () => undefined,
  }
  const rules = {
    identity: { identity: { producerId: 1n, producerEpoch: 0 }, renew: (identity: ProducerIdentity) => identity },
    maxInFlight: 5,
    accumulator: () => ({ giveUp: () => undefined }),
    meters: { bumped: () => undefined },
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
  return { clock, spoken, requests, hints, lookedUp, senders, queue, add, noted, settle, partitionsOf, sequencesOf }
}
