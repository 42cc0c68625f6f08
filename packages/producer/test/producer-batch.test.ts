import { type Codec, recordBatches } from '@k/protocol'
import { describe, expect, it, vi } from 'vitest'
import { ProduceError } from '../src/errors.ts'
import type { Batch } from '../src/partition-queue.ts'
import { RecordMetadata } from '../src/record-metadata.ts'
import { NotedDelivery, queueSetUp } from './queue-set-up.ts'

const failure = new ProduceError('INVALID_RECORD', 'no', { topic: 'orders', partition: 0, maybeWritten: false })

describe('ProducerBatch', () => {
  it('seals into a batch that carries its place in the sequence, the same bytes at each attempt', () => {
    const { add, leave } = queueSetUp()
    add(2)
    const [, batch] = [leave(), add(3)]
    leave()
    const bytes = batch.seal(undefined) as Uint8Array
    const [read] = recordBatches(bytes)
    expect(read).toMatchObject({ count: 3, producerId: 7n, producerEpoch: 0, baseSequence: 2 })
    expect(read?.isValid()).toBe(true)
    expect(batch.seal(undefined)).toBe(bytes)
  })

  it('seals anew when its place in the sequence has changed, and encodes no record again', () => {
    const { add, leave } = queueSetUp()
    const batch = add(3)
    leave()
    batch.seal(undefined)
    batch.setSequence({ producerId: 9n, producerEpoch: 4 }, 100)
    const [read] = recordBatches(batch.seal(undefined) as Uint8Array)
    expect(read).toMatchObject({ count: 3, producerId: 9n, producerEpoch: 4, baseSequence: 100 })
    expect(read?.isValid()).toBe(true)
  })

  it('seals later where its codec works later, and compresses once', async () => {
    let compressions = 0
    const codec: Codec = {
      id: 1,
      name: 'gzip',
      compress: async (bytes) => {
        compressions += 1
        return Buffer.from(bytes.subarray(0, 10))
      },
      decompress: (bytes) => bytes,
    }
    const { add, leave } = queueSetUp()
    const batch = add(3)
    leave()
    const bytes = await batch.seal(codec)
    expect(bytes.length).toBe(61 + 10)
    expect(batch.size).toBe(71)
    expect(batch.seal(codec)).toBe(bytes)
    batch.setSequence({ producerId: 9n, producerEpoch: 4 }, 100)
    const again = await batch.seal(codec)
    expect([...recordBatches(again)][0]).toMatchObject({ compressionType: 1, producerEpoch: 4, baseSequence: 100 })
    expect(compressions).toBe(1)
  })

  it('takes no record beyond its limit or once it is sealed', () => {
    const { add, leave } = queueSetUp()
    const batch = add(1)
    const { size } = batch
    const append = (limit: number) => batch.append(1_000, 'k', 'v'.repeat(20), undefined, limit, undefined, batch.noted)
    expect(append(size + 10)).toBe(false)
    expect(append(size + 40)).toBe(true)
    leave()
    batch.seal(undefined)
    expect(append(10_000)).toBe(false)
    expect(batch.count).toBe(2)
  })

  it('tells every record once how it ended, and gives its memory back', () => {
    const { add, settled, released } = queueSetUp()
    const batch = add(2)
    batch.settle(undefined, 5)
    batch.settle(failure)
    expect(batch.noted.metadata.map(({ offset, partition }) => [partition, offset])).toEqual([
      [0, 5],
      [0, 6],
    ])
    expect(batch.noted.errors).toEqual([])
    expect(settled).toEqual([batch])
    expect(released).toEqual([batch])
  })

  it('keeps its memory while a request still reads from it', () => {
    const { queue, add, leave, settled, released } = queueSetUp()
    const batch = add(2)
    leave()
    batch.settle(failure)
    expect(settled).toEqual([batch])
    expect(released).toEqual([])
    queue.drop(batch)
    expect(released).toEqual([batch])
    queue.drop(batch)
    expect(released).toEqual([batch])
  })

  it('holds no more memory in its parts than it had', () => {
    const { add, leave, pool } = queueSetUp()
    let parts: readonly Batch[] = [add(16)]
    leave()
    const take = vi.spyOn(pool, 'take')
    while (parts.length < 16) parts = parts.flatMap((part) => part.split())
    expect(take).not.toHaveBeenCalled()
    expect(parts.map(({ count }) => count)).toEqual(Array(16).fill(1))
    expect(parts.reduce((sum, { reserved }) => sum + reserved, 0)).toBe(1024)
  })

  it('is divided as fast as it was filled where each of its many records has a delivery of its own', () => {
    const { add, leave } = queueSetUp()
    const batch = add(0)
    const deliveries = Array.from({ length: 50_000 }, () => new NotedDelivery())
    const limit = Number.POSITIVE_INFINITY
    for (const delivery of deliveries) batch.append(1_000, null, 'v', undefined, limit, new RecordMetadata(), delivery)
    leave()
    const started = performance.now()
    const parts = batch.split()
    expect(performance.now() - started).toBeLessThan(1_000)
    parts[0]!.settle(undefined, 0)
    parts[1]!.settle(undefined, 25_000)
    expect(deliveries.flatMap(({ metadata }) => metadata.map(({ offset }) => offset))).toEqual(deliveries.map((_, i) => i))
  })
})
