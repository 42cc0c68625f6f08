import { randomUUID } from 'node:crypto'
import { Admin } from '@k/admin'
import { runChild, startChild } from './child.ts'
import { type Measured, median } from './measured.ts'

const CLIENTS = ['@k', 'kafkajs']
const ROUNDS = 5
const RECORDS = 200_000

type Run = { readonly produce: Measured; readonly consume: Measured }

/** Produces and consumes 100-byte records next to kafkajs: interleaved rounds, fresh processes, medians. */
export async function produceAndConsume(): Promise<void> {
  const given = process.env.KAFKA_BOOTSTRAP_SERVERS
  const broker = given ? { line: given, stop: async () => {} } : await startChild('fake-broker.ts')
  try {
    console.log(
      `${RECORDS} records of 100 bytes, arrays of 1,000, 5 calls in flight; ${given ? 'a real broker' : 'the in-process cluster, in its own process'}`,
    )
    await using admin = new Admin({ bootstrapServers: broker.line })
    const runs = new Map<string, Run[]>(CLIENTS.map((client) => [client, []]))
    for (let round = 0; round < ROUNDS; round++) {
      for (const client of CLIENTS) {
        const topic = `bench-${randomUUID()}`
        await admin.createTopics([{ topic, numPartitions: 6, replicationFactor: 1 }])
        const line = await runChild('worker.ts', [client, broker.line, topic, String(RECORDS)])
        runs.get(client)?.push(JSON.parse(line) as Run)
        await admin.deleteTopics([topic])
      }
    }
    for (const phase of ['produce', 'consume'] as const) print(phase, runs)
  } finally {
    await broker.stop()
  }
}

function print(phase: 'produce' | 'consume', runs: ReadonlyMap<string, readonly Run[]>): void {
  const costOf = (client: string) => median((runs.get(client) ?? []).map((run) => run[phase].cpuSeconds)) / (RECORDS / 1e6)
  const own = costOf('@k')
  for (const client of runs.keys()) {
    const wall = median((runs.get(client) ?? []).map((run) => run[phase].wallSeconds))
    const cost = costOf(client)
    console.log(
      `${phase}  ${client.padEnd(8)} ${cost.toFixed(2)} CPU-s per million  ${Math.round(RECORDS / wall / 1000)} krec/s  ${(cost / own).toFixed(1)}x ours`,
    )
  }
}
