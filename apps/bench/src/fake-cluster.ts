import { type ChildProcess, fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { Admin } from '@k/admin'
import { runChild } from './child.ts'
import { type Measured, median } from './measured.ts'

const ROUNDS = 5
const RECORDS = 500_000

/** What the in-process cluster costs, next to what is asked of it: how it starts, takes records, serves them, and holds them. */
export async function fakeCluster(): Promise<void> {
  console.log(`Node ${process.version}, medians of ${ROUNDS} rounds, each in processes of its own`)
  await starts()
  await speed()
  await memory()
}

async function starts(): Promise<void> {
  for (const [way, most] of [
    ['memory', 15],
    ['tcp', 40],
  ] as const) {
    const rounds = await repeat(async () => JSON.parse(await runChild('fake-cluster-start.ts', [way])) as { first: number; later: number })
    const first = median(rounds.map((round) => round.first))
    const later = median(rounds.map((round) => round.later))
    const asked = `asked: at most ${most} ms, ${first <= most ? 'kept' : 'MISSED'}`
    console.log(`start of 3 brokers, ${way.padEnd(6)}  ${first.toFixed(1)} ms the first time, ${later.toFixed(1)} ms then  ${asked}`)
  }
}

/** The broker's share of the time is what it could do with a core of its own, whatever the client and the machine do. */
async function speed(): Promise<void> {
  const rounds = await repeat(async () => {
    const broker = fork(new URL('fake-cluster-broker.ts', import.meta.url), [], { execArgv: ['--conditions=@k/source'] })
    try {
      const [bootstrapServers] = (await once(broker, 'message')) as [string]
      const topic = `bench-${randomUUID()}`
      await using admin = new Admin({ bootstrapServers })
      await admin.createTopics([{ topic, numPartitions: 6, replicationFactor: 1 }])
      await cpuOf(broker)
      const line = await runChild('fake-cluster-client.ts', ['produce', bootstrapServers, topic, String(RECORDS)])
      const produce = { client: JSON.parse(line) as Measured, broker: await cpuOf(broker) }
      const other = await runChild('fake-cluster-client.ts', ['consume', bootstrapServers, topic, String(RECORDS)])
      return { produce, consume: { client: JSON.parse(other) as Measured, broker: await cpuOf(broker) } }
    } finally {
      broker.kill()
    }
  })
  for (const phase of ['produce', 'consume'] as const) {
    const rate = RECORDS / median(rounds.map((round) => round[phase].client.wallSeconds))
    const alone = RECORDS / median(rounds.map((round) => round[phase].broker))
    console.log(
      `${phase}, 100 bytes, TCP  ${thousands(rate)}/s seen by our client, ${thousands(alone)}/s per core of the broker  asked: at least 300,000/s, ${rate >= 300_000 ? 'kept' : 'MISSED'}`,
    )
  }
}

async function cpuOf(broker: ChildProcess): Promise<number> {
  broker.send('cpu')
  const [seconds] = (await once(broker, 'message')) as [number]
  return seconds
}

async function memory(): Promise<void> {
  for (const [perBatch, total] of [
    [100, 1_000_000],
    [10, 500_000],
    [1, 200_000],
  ] as const) {
    const { bytes, memory } = JSON.parse(await runChild('fake-cluster-memory.ts', [String(perBatch), String(total)])) as {
      bytes: number
      memory: number
    }
    const ratio = memory / bytes
    const asked = `asked: at most 1.5, ${ratio <= 1.5 ? 'kept' : 'MISSED'}`
    console.log(
      `memory, batches of ${String(perBatch).padEnd(3)} records  ${ratio.toFixed(2)} times the ${Math.round(bytes / 1e6)} MB of batches  ${asked}`,
    )
  }
}

function thousands(rate: number): string {
  return (Math.round(rate / 1000) * 1000).toLocaleString('en-US')
}

async function repeat<T>(task: () => Promise<T>): Promise<T[]> {
  const results: T[] = []
  for (let round = 0; round < ROUNDS; round++) results.push(await task())
  return results
}
