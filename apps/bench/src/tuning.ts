import { randomUUID } from 'node:crypto'
import { cpus } from 'node:os'
import { Admin } from '@k/admin'
import { startKafka } from '@tooling/kafka'
import { runChild } from './child.ts'
import { type Measured, median } from './measured.ts'
import { type Comparison, comparisons, type TuningTask } from './tuning/settings.ts'

const ROUNDS = Number(process.env.ROUNDS ?? 3)

interface Result extends Measured {
  readonly perBatch: number
  readonly bytes: number
  readonly latencyMs: number | null
}

/** What the options of a producer change, on a real broker: interleaved rounds, fresh processes, medians. A number given runs that comparison alone. */
export async function tuning(): Promise<void> {
  const chosen = process.argv.slice(3).map(Number)
  await using kafka = await startKafka()
  const { bootstrapServers } = kafka
  await using admin = new Admin({ bootstrapServers })
  console.log(
    `Node ${process.version}, ${cpus().length} cores that client and broker share, one broker of Kafka ${kafka.version ?? 'as given'}, six partitions, medians of ${ROUNDS} rounds in turn`,
  )
  for (const [index, comparison] of comparisons.entries()) {
    if (chosen.length === 0 || chosen.includes(index + 1)) print(comparison, await compare(admin, bootstrapServers, comparison))
  }
}

async function compare(admin: Admin, bootstrapServers: string, { tasks }: Comparison): Promise<Map<string, Result[]>> {
  const results = new Map<string, Result[]>(Object.keys(tasks).map((name) => [name, []]))
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, task] of Object.entries(tasks)) {
      const topic = `tuning-${randomUUID()}`
      await admin.createTopics([{ topic, numPartitions: 6, replicationFactor: 1 }])
      const line = await runChild('tuning/worker.ts', [bootstrapServers, topic, JSON.stringify(task)])
      results.get(name)?.push(JSON.parse(line) as Result)
      await admin.deleteTopics([topic])
    }
  }
  return results
}

function print({ title, tasks }: Comparison, results: ReadonlyMap<string, readonly Result[]>): void {
  console.log(`\n${title}`)
  const [first] = Object.keys(tasks)
  const base = summary(tasks[first!]!, results.get(first!)!)
  for (const [name, task] of Object.entries(tasks)) {
    const { cpu, rate, perBatch, bytes, latencyMs } = summary(task, results.get(name)!)
    const columns = [
      name.padEnd(32),
      `${cpu.toFixed(2)} CPU-s per million (x${(cpu / base.cpu).toFixed(2)})`,
      `${(rate / 1000).toFixed(1)} krec/s (x${(rate / base.rate).toFixed(2)})`,
      `${perBatch.toFixed(1)} records a batch`,
      `${bytes.toFixed(0)} bytes a record`,
      ...(latencyMs === undefined ? [] : [`${latencyMs.toFixed(2)} ms a call`]),
    ]
    console.log(columns.join('  '))
  }
}

function summary({ total }: TuningTask, results: readonly Result[]) {
  const of = (pick: (result: Result) => number) => median(results.map(pick))
  const latencyMs = results[0]!.latencyMs === null || results[0]!.latencyMs === undefined ? undefined : of((result) => result.latencyMs!)
  return {
    cpu: of(({ cpuSeconds }) => cpuSeconds) / (total / 1e6),
    rate: total / of(({ wallSeconds }) => wallSeconds),
    perBatch: of(({ perBatch }) => perBatch),
    bytes: of(({ bytes }) => bytes),
    latencyMs,
  }
}
