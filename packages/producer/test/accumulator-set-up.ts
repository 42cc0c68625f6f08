import type { TopicMetadata } from '@k/network'
import { ZERO_UUID } from '@k/protocol'
import { Meters } from '../src/meters.ts'
import type { Batch, PartitionQueue } from '../src/partition-queue.ts'
import { defaultPartitioner } from '../src/partitioner.ts'
import { type AccumulatorOptions, RecordAccumulator } from '../src/record-accumulator.ts'
import { RecordMetadata } from '../src/record-metadata.ts'
import { ManualClock } from './manual-clock.ts'
import { NotedDelivery } from './queue-set-up.ts'

/** What the cluster says of a topic: all partitions are led by broker 1. */
export function topicOf(name: string, count: number): TopicMetadata {
  const partitions = Array.from({ length: count }, (_, partition) => ({
    topic: name,
    partition,
    leader: 1,
    leaderEpoch: 0,
    replicas: [1],
    isr: [1],
    offlineReplicas: [],
    errorCode: 0,
  }))
  return { name, topicId: ZERO_UUID, isInternal: false, errorCode: 0, partitions }
}

/** An accumulator, and who would send what it gathers. */
export function setUpAccumulator(options: Partial<AccumulatorOptions> = {}) {
  const clock = new ManualClock()
  const cluster = new Map([['orders', topicOf('orders', 3)]])
  const lookedUp: string[] = []
  const blocked = new Map<number, number>()
  const ready: PartitionQueue[] = []
  const accumulator: RecordAccumulator = new RecordAccumulator(
    {
      batchSize: 1_000,
      lingerMs: 0,
      maxRequestSize: 10_000,
      bufferMemory: 10_000,
      maxBlockMs: 500,
      deliveryTimeoutMs: 2_000,
      metadataMaxIdleMs: 300_000,
      partitioner: defaultPartitioner(),
      partitionerAdaptivePartitioning: true,
      partitionerAvailabilityTimeoutMs: 0,
      partitionerIgnoreKeys: false,
      clock,
      meters: new Meters(clock, 'test'),
      random: { next: () => 0 },
      logger: { error: () => undefined },
      ...options,
    },
    {
      rules: { identity: undefined, maxInFlight: 5, accumulator: () => ({ giveUp: () => undefined }), meters: { bumped: () => undefined } },
      ready: (queue) => {
        if (queue.waiting.length > 0 && !ready.includes(queue)) ready.push(queue)
      },
      drain: () => undefined,
      lookUp: ({ name }) => lookedUp.push(name),
      metadataOf: (name) => cluster.get(name),
      blockedSince: (broker) => blocked.get(broker),
    },
  )
  /** Takes what may leave, as a sender would. */
  const leave = (): Batch[] => {
    const left: Batch[] = []
    for (const queue of ready.splice(0)) {
      for (let next = queue.next(1); next !== undefined && accumulator.mayLeave(next, clock.monotonic()); next = queue.next(1)) {
        left.push(queue.take(1))
      }
    }
    return left
  }
  const succeed = (batch: Batch) => {
    batch.queue.complete(batch)
    batch.settle(undefined, 0)
  }
  const delivery = new NotedDelivery()
  const append = (value: string, { topic = 'orders', partition = 0, key = null as string | null } = {}) => {
    const chosen = partition < 0 ? undefined : partition
    const record = { key, value, partition: chosen, timestamp: undefined, headers: undefined }
    return accumulator.place(accumulator.topic(topic), record, undefined, new RecordMetadata(), delivery)
  }
  /** Appends, or gets in line: then the answer is its place. */
  const admit = (value: string, { topic = 'orders', partition = 0 } = {}) =>
    accumulator.append({ topic, value, partition }, undefined, new RecordMetadata(), delivery)
  return { clock, cluster, lookedUp, blocked, ready, accumulator, leave, succeed, delivery, append, admit }
}
