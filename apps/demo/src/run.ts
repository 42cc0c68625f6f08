import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Admin } from '@k/admin'
import type { Arguments } from './arguments.ts'
import { ConnectionsLost } from './connections-lost.ts'
import { Ledger } from './ledger.ts'
import { Progress } from './progress.ts'
import { differingWords, isEqual, type Outcome, reportOf } from './report.ts'
import { openTarget } from './target.ts'
import { readText, type Text } from './text.ts'
import { mergeCounts, WordCounter } from './word-counter.ts'
import { writeText } from './write-text.ts'

const PARTITIONS = 6
const PACED_SECONDS = 10
// A broker that dies takes a few seconds to be replaced; a run that stands still longer than this has lost records.
const STALLED_MS = 60_000

/** Runs the demo. True when nothing was lost and nothing counted twice. */
export async function run(given: Arguments): Promise<boolean> {
  const text = readText(given.file)
  await using target = await openTarget()
  console.log(`${text.lines.length} lines of ${text.name} through ${target.description}`)
  await using admin = new Admin({
    bootstrapServers: target.bootstrapServers,
    clientId: 'demo-admin',
    logger: null,
  })
  // Any other call would go on trying for a minute.
  await admin.connect()
  const { brokers } = await admin.describeCluster()
  const topic = `demo-${randomUUID()}`
  await admin.createTopics([{ topic, numPartitions: PARTITIONS, replicationFactor: Math.min(3, brokers.length) }])
  try {
    const outcome = await pass(text, topic, target.bootstrapServers, given.rate ?? text.lines.length / PACED_SECONDS)
    console.log(reportOf(outcome))
    return isEqual(outcome)
  } finally {
    await admin.deleteTopics([topic])
  }
}

/** Writes and counts, side by side. */
async function pass(text: Text, topic: string, bootstrapServers: string, rate: number): Promise<Outcome> {
  const ledger = new Ledger(PARTITIONS)
  const lost = new ConnectionsLost()
  const progress = new Progress(ledger, text.lines.length)
  const counters: WordCounter[] = []
  const join = () => {
    const options = { topic, groupId: topic, bootstrapServers, ledger, say: (line: string) => progress.say(line) }
    counters.push(new WordCounter(`counter ${counters.length + 1}`, options))
  }
  const started = performance.now()
  try {
    join()
    join()
    const writing = writeText(text, topic, { bootstrapServers, rate, ledger })
    await failingWith(counters, [writing, joinMidway(ledger, text.lines.length / 2, join)])
    await failingWith(counters, [readAll(ledger, text.lines.length)])
    const seconds = (performance.now() - started) / 1000
    await Promise.all(counters.map((counter) => counter.close()))
    return {
      records: text.lines.length,
      bytes: text.bytes,
      seconds,
      connectionsLost: lost.count,
      rebalances: Math.max(...counters.map(({ assignments }) => assignments)) - 1,
      ledger,
      wrongWords: differingWords(text.words, mergeCounts(counters)),
    }
  } finally {
    progress.stop()
    lost.stop()
    await Promise.allSettled(counters.map((counter) => counter.close()))
  }
}

/** Waits for `tasks`, and rejects as soon as a counter fails. */
async function failingWith(counters: readonly WordCounter[], tasks: readonly Promise<void>[]): Promise<void> {
  const never = counters.map(({ finished }) => finished.then(() => new Promise<void>(() => {})))
  await Promise.race([Promise.all(tasks), ...never])
}

async function joinMidway(ledger: Ledger, half: number, join: () => void): Promise<void> {
  while (ledger.totalWritten < half) await sleep(20)
  join()
}

/** Resolves when everything written was read, or nothing more comes. */
async function readAll(ledger: Ledger, total: number): Promise<void> {
  let last = ledger.totalRead
  let since = performance.now()
  while (ledger.totalRead < total && performance.now() - since < STALLED_MS) {
    await sleep(20)
    if (ledger.totalRead === last) continue
    last = ledger.totalRead
    since = performance.now()
  }
}
