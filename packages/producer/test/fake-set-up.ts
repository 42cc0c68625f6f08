import { type Bytes, Producer, type ProducerOptions } from '@k/producer'
import { FakeCluster, type FakeClusterOptions } from '@k/testing'
import { onTestFinished } from 'vitest'

/** A cluster in memory that ends with the test. */
export async function startKafka(options: FakeClusterOptions = {}): Promise<FakeCluster> {
  const kafka = await FakeCluster.start({ tcp: false, topics: { orders: 3 }, ...options })
  onTestFinished(() => kafka.close())
  return kafka
}

/** A producer on that cluster that ends with the test. Pauses are short: nothing here waits for a real network. */
export function newProducer<K = Bytes, V = Bytes>(kafka: FakeCluster, options: Partial<ProducerOptions<K, V>> = {}): Producer<K, V> {
  const producer = new Producer<K, V>({
    bootstrapServers: kafka.bootstrapServers,
    transport: kafka.transport,
    retryBackoffMs: 5,
    retryBackoffMaxMs: 20,
    reconnectBackoffMs: 1,
    reconnectBackoffMaxMs: 10,
    logger: null,
    ...options,
  } as ProducerOptions<K, V>)
  onTestFinished(() => producer.close({ timeoutMs: 0 }).catch(() => undefined))
  return producer
}

/** The values of a topic's records, by partition. */
export function valuesOf(kafka: FakeCluster, topic: string): Record<number, string[]> {
  const values: Record<number, string[]> = {}
  for (const { partition, value } of kafka.records(topic)) {
    values[partition] ??= []
    values[partition].push(String(value))
  }
  return values
}

/** What a promise is rejected with. */
export async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error('the promise was not rejected')
}
