import { parseArgs } from 'node:util'
import { runChild, startChild } from './child.ts'
import type { Growth } from './memory/growth.ts'

/** What a producer holds that is handed 1 KB records for minutes, each after `enqueue` had room for the one before, by a broker that throttles it. */
export async function memory(): Promise<void> {
  const { values } = parseArgs({ args: process.argv.slice(3), options: { minutes: { type: 'string', default: '10' } } })
  const { before, most, tenths, allowed, records, waits } = await measureGrowth(Number(values.minutes))
  const growth = most - before
  console.log(`${values.minutes} minutes, ${records} records of 1 KB, of which ${waits} waited for room`)
  console.log(`RSS ${before.toFixed(1)} MiB after 1,000 records, in tenths of the time ${tenths.join(' ')}, at most ${most.toFixed(1)}`)
  console.log(`grew by ${growth.toFixed(1)} MiB [at most ${allowed.toFixed(1)}: ${growth <= allowed ? 'kept' : 'MISSED'}]`)
}

/** Runs a producer against a broker that throttles it, both in processes of their own. */
export async function measureGrowth(minutes: number): Promise<Growth> {
  const broker = await startChild('memory/broker.ts')
  try {
    return JSON.parse(await runChild('memory/worker.ts', [broker.line, String(minutes)])) as Growth
  } finally {
    await broker.stop()
  }
}
