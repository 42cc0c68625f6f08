import { parseArgs } from 'node:util'
import { skipKafka } from '@tooling/kafka'
import { startChaosCluster } from './chaos-cluster.ts'
import { plainChaos } from './plain.ts'
import { transactionalChaos } from './transactional.ts'

// pnpm chaos [--minutes N] [--version V] [--mode plain|transactions]: producing while brokers are killed and frozen, on real Kafka.

const USAGE = 'usage: pnpm chaos [--minutes N] [--version V] [--mode plain|transactions]'

async function run(): Promise<number> {
  const options = {
    minutes: { type: 'string', default: '5' },
    version: { type: 'string', default: '4.3.1' },
    mode: { type: 'string' },
  } as const
  const { minutes, version, mode } = parseArgs({ options }).values
  const ms = Number(minutes) * 60_000
  if (!(ms > 0) || (mode !== undefined && mode !== 'plain' && mode !== 'transactions')) throw new Error(USAGE)
  if (await skipKafka({ version, stopBrokers: true, tools: true })) throw new Error(`Kafka ${version} cannot be started here`)
  await using kafka = await startChaosCluster(version)
  let broken = 0
  if (mode !== 'transactions') {
    const figures = await plainChaos(kafka, ms)
    console.log(`plain, ${minutes} minutes, Kafka ${version}:`, figures)
    broken += figures.lost + figures.doubled + figures.reordered + figures.denied
  }
  if (mode !== 'plain') {
    const figures = await transactionalChaos(kafka, ms)
    console.log(`transactions, ${minutes} minutes, Kafka ${version}:`, figures)
    broken += figures.lost + figures.doubled + figures.reordered + figures.differentInJava
  }
  return broken === 0 ? 0 : 1
}

try {
  process.exitCode = await run()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
