import { randomBytes } from 'node:crypto'
import { setImmediate, setTimeout } from 'node:timers/promises'
import { gzip } from '@k/compression-gzip'
import { lz4 } from '@k/compression-lz4'
import { snappy } from '@k/compression-snappy'
import { zstd } from '@k/compression-zstd'
import { Producer, type ProducerRecord } from '@k/producer'
import { payloads } from '../codecs/payloads.ts'
import { measure, median } from '../measured.ts'
import type { TuningTask } from './settings.ts'

const [bootstrapServers = '', topic = '', json = ''] = process.argv.slice(2)
const task = JSON.parse(json) as TuningTask
const codecs = { gzip, lz4, snappy, zstd }
const ARRAY = 1000
const CALLS = 5

const producer = new Producer({
  bootstrapServers,
  ...task.options,
  ...(task.compression === undefined ? {} : { compression: codecs[task.compression]() }),
} as ConstructorParameters<typeof Producer>[0])
const records = recordsOf(task)
await work(Math.min(task.total, 20_000))
const before = producer.metrics()
const latencies: number[] = []
const { cpuSeconds, wallSeconds } = await measure(() => work(task.total, latencies))
const after = producer.metrics()
await producer.close()

const perBatch = task.total / (after.batchTotal - before.batchTotal)
const bytes = (after.byteTotal - before.byteTotal) / task.total
process.stdout.write(`${JSON.stringify({ cpuSeconds, wallSeconds, perBatch, bytes, latencyMs: median(latencies) })}\n`)

function recordsOf({ values = 'random' }: TuningTask): ProducerRecord[] {
  const text = payloads.json!(1_000_000)
  return Array.from({ length: ARRAY }, (_, i) => {
    const value = values === 'random' ? randomBytes(100) : text.subarray(i * 1000, (i + 1) * 1000)
    return { topic, key: randomBytes(10), value }
  })
}

async function work(total: number, latencies: number[] = []): Promise<void> {
  if (task.way === 'arrays') await sideBySide(CALLS, total / ARRAY, () => producer.send(records), latencies)
  else if (task.way === 'sends') await sideBySide(task.senders!, total, (i) => producer.send(records[i % ARRAY]!), latencies)
  else {
    for (let i = 0; i < total; i++) {
      const room = producer.enqueue(records[i % ARRAY]!, { onDelivery })
      if (room) await room
      if (task.way === 'turns') await setImmediate()
      if (task.way === 'paced') await setTimeout(1)
    }
    await producer.flush()
  }
}

function onDelivery(error: Error | undefined): void {
  if (error !== undefined) throw error
}

/** So many loops, each of which awaits one call after another. */
async function sideBySide(loops: number, calls: number, call: (i: number) => Promise<unknown>, latencies: number[]): Promise<void> {
  let next = 0
  const loop = async () => {
    while (next < calls) {
      const begin = performance.now()
      await call(next++)
      latencies.push(performance.now() - begin)
    }
  }
  await Promise.all(Array.from({ length: loops }, loop))
}
