import { BufferPool } from '@k/protocol'
import type { Delivery } from '../src/delivery.ts'
import type { ProduceError } from '../src/errors.ts'
import { type Batch, PartitionQueue, type ProducerIdentity } from '../src/partition-queue.ts'
import { type BatchOwner, ProducerBatch } from '../src/producer-batch.ts'
import { RecordMetadata } from '../src/record-metadata.ts'

/** A delivery that writes down what it is told. */
export class NotedDelivery implements Delivery {
  readonly ended = (error: ProduceError | undefined, metadata: RecordMetadata | undefined): void => {
    if (error === undefined) this.metadata.push(metadata!)
    else this.errors.push(error)
  }
  readonly metadata: RecordMetadata[] = []
  readonly errors: ProduceError[] = []
}

/** One partition, and batches of `count` records for it that remember how they ended. */
export function queueSetUp(options: { idempotent?: boolean; maxInFlight?: number; producerEpoch?: number; known?: boolean } = {}) {
  const { idempotent = true, maxInFlight = 5, producerEpoch = 0, known = true } = options
  const renewed: ProducerIdentity[] = []
  const lost: Batch[] = []
  const source = {
    identity: { producerId: 7n, producerEpoch } as ProducerIdentity | undefined,
    renew: ({ producerId, producerEpoch: epoch }: ProducerIdentity) => {
      renewed.push({ producerId, producerEpoch: epoch })
      if (epoch < 32_767) return { producerId, producerEpoch: epoch + 1 }
      source.identity = undefined
      return undefined
    },
  }
  const queue = new PartitionQueue('orders', 0, {
    identity: idempotent ? source : undefined,
    maxInFlight,
    accumulator: () => ({
      giveUp: (batch) => {
        lost.push(batch)
        queue.drop(batch)
      },
    }),
    meters: { bumped: () => undefined },
  })
  queue.leader = 1
  const released: Batch[] = []
  const settled: Batch[] = []
  const replacements: Batch[] = []
  const pool = new BufferPool()
  const owner: BatchOwner<PartitionQueue> = {
    pool,
    settled: (batch) => settled.push(batch),
    released: (batch) => released.push(batch),
    replaced: (_batch, parts) => replacements.push(...parts),
    compressed: () => undefined,
  }
  let order = 0
  const add = (count = 10): Batch & { readonly noted: NotedDelivery } => {
    order += 1
    const batch: Batch = new ProducerBatch(owner, queue, order, 0, 1024)
    const noted = new NotedDelivery()
    for (let i = 0; i < count; i++) {
      batch.append(1_000 + i, null, `${order}`, undefined, Number.POSITIVE_INFINITY, new RecordMetadata(), noted)
    }
    queue.add(batch)
    return Object.assign(batch, { noted })
  }
  /** Lets everything leave that may. */
  const leave = (broker = 1): Batch[] => {
    const left: Batch[] = []
    while (queue.next(broker) !== undefined) left.push(queue.take(broker))
    return left
  }
  // An empty batch: the broker knows the producer from here on.
  if (known) {
    const batch = add(0)
    queue.take(1)
    queue.complete(batch)
    batch.settle(undefined, 0, -1, 0)
    settled.length = 0
    released.length = 0
  }
  return { queue, add, leave, source, renewed, lost, released, settled, replacements, pool }
}
