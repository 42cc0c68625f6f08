import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Admin } from '@k/admin'
import { startKafka } from '@tooling/kafka'
import { median } from './measured.ts'
import { type Contender, type Figure, figures, type Measure } from './produce/figures.ts'
import { java } from './produce/java.ts'
import { type Start, startOf } from './produce/start.ts'
import type { Result, Task } from './produce/task.ts'

const ROUNDS = Number(process.env.ROUNDS ?? 5)
const STARTS = 15
const PARTITIONS = 6

type Runs = ReadonlyMap<Contender, Result[]>

/** What a producer costs its process, next to its peers and to what is asked of it: real Kafka, interleaved rounds, fresh processes, medians. */
export async function produce(): Promise<void> {
  const names = process.argv.slice(3)
  const chosen = figures.filter(({ name }) => names.length === 0 || names.includes(name))
  // The broker has all the speed and memory that it wants: it is not what is measured.
  await using kafka = await startKafka({
    jvmArguments: ['-Xmx1g', '-XX:TieredStopAtLevel=4'],
    properties: { 'log.segment.delete.delay.ms': '1000' },
  })
  const { bootstrapServers } = kafka
  await using admin = new Admin({ bootstrapServers })
  console.log(
    `Node ${process.version}, Kafka ${kafka.version ?? 'as given'}, medians of ${ROUNDS} rounds in turn, each in a process of its own`,
  )
  for (const figure of chosen) {
    const runs = new Map(Object.keys(figure.totals).map((contender) => [contender as Contender, [] as Result[]]))
    for (let round = 0; round < ROUNDS; round++) {
      for (const [contender, results] of runs) {
        results.push(await inTopic(admin, (topic) => run(figure, contender, bootstrapServers, topic)))
      }
    }
    print(figure, runs)
  }
  if (names.length === 0 || names.includes('start')) await inTopic(admin, (topic) => starts(bootstrapServers, topic))
}

async function inTopic<T>(admin: Admin, task: (topic: string) => Promise<T>): Promise<T> {
  const topic = `bench-${randomUUID()}`
  await admin.createTopics([{ topic, numPartitions: PARTITIONS, replicationFactor: 1 }])
  try {
    return await task(topic)
  } finally {
    await admin.deleteTopics([topic])
  }
}

function run(figure: Figure, contender: Contender, bootstrapServers: string, topic: string): Promise<Result> {
  const total = figure.totals[contender]!
  if (contender === 'java') return java(bootstrapServers, topic, total)
  const { mode, values, compression } = figure
  const transactionalId = mode === 'transactions' ? topic : undefined
  const given = { values, compression, transactionalId, bootstrapServers, topic, total }
  if (contender === 'stream') return work({ ...given, client: '@platformatic/kafka', mode: 'pour' })
  return work({ ...given, client: contender, mode })
}

/** The built packages, as users have them. */
async function work(task: Task): Promise<Result> {
  const worker = fileURLToPath(new URL('produce/worker.ts', import.meta.url))
  const flags = process.env.WORKER_FLAGS?.split(' ') ?? []
  const child = spawn(process.execPath, [...flags, worker, JSON.stringify(task)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [text, [code]] = await Promise.all([outputOf(child), once(child, 'exit')])
  if (code !== 0) throw new Error(`${task.client} ended with ${code}: ${task.mode}`)
  return JSON.parse(text) as Result
}

async function outputOf({ stdout }: ChildProcess): Promise<string> {
  let text = ''
  if (stdout !== null) for await (const chunk of stdout) text += chunk
  return text
}

function print({ title, totals, measures }: Figure, runs: Runs): void {
  console.log(`\n${title}`)
  for (const [contender, results] of runs) {
    const total = totals[contender]!
    const columns = measures.map((measure) => {
      const middle = (who: Contender) => median(runs.get(who)!.map((result) => measure.of(result, totals[who]!)))
      return describe(measure, contender, middle(contender), middle('@k'))
    })
    console.log(
      `  ${contender.padEnd(20)} ${columns.filter((column) => column !== '').join('  ')}  (${total.toLocaleString('en-US')}, ${results.length} runs)`,
    )
  }
}

/** One number, and what is asked of it: of ours in itself, of another's next to ours. */
function describe(measure: Measure, contender: Contender, value: number, own: number): string {
  const { unit, most, least, ahead } = measure
  // Not measured of this one.
  if (value === 0) return ''
  const text = `${value.toPrecision(3)} ${unit}`
  if (contender === '@k')
    return `${text}${asked(most, value <= (most ?? value), 'at most')}${asked(least, value >= (least ?? value), 'at least')}`
  const wanted = ahead?.[contender]
  // More transactions are better, of everything else less.
  const ratio = least === undefined ? value / own : own / value
  return wanted === undefined ? text : `${text}, ours ${ratio.toFixed(1)} times as good${asked(wanted, ratio >= wanted, 'at least')}`
}

function asked(limit: number | undefined, isKept: boolean, words: string): string {
  return limit === undefined ? '' : ` [${words} ${limit}: ${isKept ? 'kept' : 'MISSED'}]`
}

const STARTING = ['empty', '@k', 'kafkajs', '@platformatic/kafka'] as const
const START_MS = 75
const EMPTY_MS = 29

async function starts(bootstrapServers: string, topic: string): Promise<void> {
  const runs = new Map(STARTING.map((who) => [who, [] as Start[]]))
  for (let round = 0; round < STARTS; round++) {
    for (const who of STARTING) runs.get(who)?.push(await startOf(who, bootstrapServers, topic))
  }
  const wallOf = (who: (typeof STARTING)[number]) => median(runs.get(who)!.map(({ wallMs }) => wallMs))
  const cpuOf = (who: (typeof STARTING)[number]) => median(runs.get(who)!.map(({ cpuMs }) => cpuMs))
  // Slower machines need longer for everything.
  const most = Math.round((START_MS / EMPTY_MS) * wallOf('empty'))
  console.log(`\nfrom the start of a process to its first acknowledged record (${STARTS} runs)`)
  for (const who of STARTING) {
    const ours = who === '@k' ? asked(most, wallOf(who) <= most, 'at most') : ''
    const ratio = cpuOf(who) / cpuOf('@k')
    const theirs = who === 'kafkajs' ? `, ours ${ratio.toFixed(2)} times as good${asked(1, ratio >= 1, 'at least')}` : ''
    console.log(`  ${who.padEnd(20)} ${wallOf(who).toFixed(0)} ms${ours}  ${cpuOf(who).toFixed(0)} CPU-ms${theirs}`)
  }
}
