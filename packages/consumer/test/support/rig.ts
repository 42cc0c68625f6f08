import { Cluster, type Logger } from '@k/network'
import { LeaveGroup } from '@k/protocol'
import { FakeCluster, type FakeClusterOptions } from '@k/testing'
import { onTestFinished } from 'vitest'
import { Consumer, type ConsumerOptions } from '../../src/index.ts'
import { Writer } from './produce.ts'

/** Remembers what was logged. */
export class Log implements Logger {
  readonly lines: { level: string; message: string; fields: Readonly<Record<string, unknown>> }[] = []
  debug(message: string, fields = {}): void {
    this.lines.push({ level: 'debug', message, fields })
  }
  info(message: string, fields = {}): void {
    this.lines.push({ level: 'info', message, fields })
  }
  warn(message: string, fields = {}): void {
    this.lines.push({ level: 'warn', message, fields })
  }
  error(message: string, fields = {}): void {
    this.lines.push({ level: 'error', message, fields })
  }
  /** Messages of a level. */
  of(level: string): string[] {
    return this.lines.filter((line) => line.level === level).map(({ message }) => message)
  }
}

/** A cluster in memory, something to write with, and consumers; all closed when the test ends. */
export class Rig {
  readonly kafka: FakeCluster
  readonly writer: Writer

  private constructor(kafka: FakeCluster) {
    this.kafka = kafka
    this.writer = new Writer(kafka)
  }

  static async start(options: FakeClusterOptions = {}): Promise<Rig> {
    const kafka = await FakeCluster.start({ tcp: false, ...options })
    const rig = new Rig(kafka)
    onTestFinished(async () => {
      await rig.writer.close()
      await kafka.close()
    })
    return rig
  }

  /** Throws a member out of its group, as the coordinator does after a session without heartbeats. */
  async expel(groupId: string, memberId: string): Promise<void> {
    const cluster = new Cluster({ bootstrapServers: this.kafka.bootstrapServers, transport: this.kafka.transport, logger: null })
    await cluster.request(LeaveGroup, { groupId, members: [{ memberId }] }, { to: { coordinatorOf: { group: groupId } } })
    await cluster.close()
  }

  /** A member of group `g` that reads `orders` from the beginning, with short intervals. */
  consumer<K = Buffer, V = Buffer>(options: Partial<ConsumerOptions<K, V>> = {}): Consumer<K, V> {
    const consumer = this.loose({ groupId: 'g', topics: ['orders'], ...options } as Partial<ConsumerOptions<K, V>>)
    return consumer
  }

  /** A consumer with nothing chosen. */
  loose<K = Buffer, V = Buffer>(options: Partial<ConsumerOptions<K, V>> = {}): Consumer<K, V> {
    const consumer = new Consumer<K, V>({
      bootstrapServers: this.kafka.bootstrapServers,
      transport: this.kafka.transport,
      autoOffsetReset: 'earliest',
      heartbeatIntervalMs: 20,
      sessionTimeoutMs: 6_000,
      retryBackoffMs: 10,
      retryBackoffMaxMs: 50,
      reconnectBackoffMs: 5,
      fetchMaxWaitMs: 50,
      logger: null,
      ...options,
    } as unknown as ConsumerOptions<K, V>)
    onTestFinished(() => consumer.close({ timeoutMs: 2_000 }))
    return consumer
  }
}

/** A cluster whose topic `orders` has one partition with `count` records. */
export async function filled(count = 10, options: FakeClusterOptions = {}): Promise<Rig> {
  const rig = await Rig.start({ topics: { orders: 1 }, ...options })
  await rig.writer.writeMany('orders', 0, count)
  return rig
}

/** Values of the next `count` records, as text; then the loop is left, with the last record finished. */
export async function take(consumer: Consumer<Buffer, Buffer>, count: number): Promise<string[]> {
  const values: string[] = []
  for await (const record of consumer) {
    values.push(record.value?.toString() ?? 'null')
    if (values.length < count) continue
    consumer.processed(record)
    break
  }
  return values
}

/** Reads in the background until the returned function is called; what was read stands in `values`. */
export function follow(consumer: Consumer<Buffer, Buffer>, onRecord?: (value: string) => unknown) {
  const values: string[] = []
  const errors: unknown[] = []
  const done = (async () => {
    for await (const record of consumer) {
      const value = record.value?.toString() ?? 'null'
      values.push(value)
      await onRecord?.(value)
    }
  })().catch((error) => {
    errors.push(error)
  })
  return { values, errors, done }
}

/** `prefix` and the numbers from 0 to `count` - 1. */
export function numbered(count: number, prefix = '0:', first = 0): string[] {
  return Array.from({ length: count }, (_, i) => `${prefix}${first + i}`)
}
