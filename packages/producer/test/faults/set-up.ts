import type { Metadata, Produce } from '@k/protocol'
import type { FakeCluster, FakeClusterOptions } from '@k/testing'
import { expect } from 'vitest'
import { newProducer, startKafka, valuesOf } from '../fake-set-up.ts'

/** The values that tests write. */
export const numbers = (count: number): string[] => Array.from({ length: count }, (_, i) => `v${i}`)

/** Three brokers; a topic of one partition that all of them hold. */
export function startThree(options: FakeClusterOptions = {}): Promise<FakeCluster> {
  return startKafka({ brokers: 3, topics: { orders: { numPartitions: 1, replicationFactor: 3 } }, ...options })
}

/** Lets I/O have a turn. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Sends records one after the other, a few a tick, while `disturb` is called once in the middle; each must be written once, in order. */
export async function expectWhole(
  kafka: FakeCluster,
  disturb: () => unknown,
  options: Parameters<typeof newProducer>[1] = {},
  count = 120,
): Promise<void> {
  const producer = newProducer(kafka, options)
  const sends: Promise<{ offset: number }>[] = []
  for (const [i, value] of numbers(count).entries()) {
    if (i === Math.floor(count / 3)) await disturb()
    sends.push(producer.send({ topic: 'orders', partition: 0, value }))
    if (i % 3 === 0) await turn()
  }
  const results = await Promise.all(sends)
  expect(valuesOf(kafka, 'orders')[0]).toEqual(numbers(count))
  expect(results.map(({ offset }) => offset)).toEqual(numbers(count).map((_, i) => i))
}

/** How many requests were seen. */
export const asked = (kafka: FakeCluster, api: typeof Produce | typeof Metadata): number => kafka.requests.list(api).length
