import { type Measured, measure, median } from '../measured.ts'
import type { BenchProducer, MakeProducer } from './bench-producer.ts'
import { samplesOf } from './samples.ts'
import type { Result, Task } from './task.ts'

// One client in a process of its own, which has loaded no other.
const CLIENTS: Record<Task['client'], () => Promise<{ make: MakeProducer }>> = {
  '@k': () => import('./ours.ts'),
  kafkajs: () => import('./kafkajs.ts'),
  '@platformatic/kafka': () => import('./platformatic.ts'),
}
const ARRAY = 1000
const ARRAYS_IN_FLIGHT = 5
const AWAITS = 1000
const TRANSACTION = 100

const task = JSON.parse(process.argv[2] as string) as Task
const { make } = await CLIENTS[task.client]()
const samples = samplesOf(task.values, 10 * ARRAY)
const latencies: number[] = []
let producer: BenchProducer | undefined
const measured = await measure(async () => {
  producer = await make({ ...task, isText: task.values === 'text' })
  await run(producer)
})
report(measured)
// What a client does in order to end is not measured, and some wait for long.
process.exit()

async function run(producer: BenchProducer): Promise<void> {
  const { mode, total } = task
  const records = samples.map((sample) => producer.recordOf(sample))
  if (mode === 'pour') return producer.pour?.(records, total)
  if (mode === 'awaits') return inLanes(AWAITS, total, (i) => producer.sendOne(records[i % records.length]))
  if (mode === 'one by one') return inLanes(1, total, (i) => timed(() => producer.sendOne(records[i % records.length])))
  const size = mode === 'transactions' ? TRANSACTION : ARRAY
  const arrays = Array.from({ length: records.length / size }, (_, i) => records.slice(i * size, (i + 1) * size))
  if (mode === 'arrays') return inLanes(ARRAYS_IN_FLIGHT, total / ARRAY, (i) => producer.sendMany(arrays[i % arrays.length]!))
  return inLanes(1, total, (i) => producer.transact(arrays[i % arrays.length]!, task.topic, i))
}

/** Makes `total` calls, `lanes` at a time. */
async function inLanes(lanes: number, total: number, call: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0
  const lane = async () => {
    while (next < total) await call(next++)
  }
  await Promise.all(Array.from({ length: lanes }, lane))
}

async function timed(call: () => Promise<unknown>): Promise<void> {
  const begin = performance.now()
  await call()
  latencies.push(performance.now() - begin)
}

function report({ cpuSeconds, wallSeconds }: Measured): void {
  const result: Result = {
    cpuSeconds,
    wallSeconds,
    maxRssMb: process.resourceUsage().maxRSS / 1024,
    latencyMs: latencies.length === 0 ? 0 : median(latencies),
  }
  process.stdout.write(`${JSON.stringify(result)}\n`)
}
