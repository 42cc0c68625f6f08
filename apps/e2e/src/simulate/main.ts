import { parseArgs } from 'node:util'
import { type ProduceFigures, simulateProducing } from './produce.ts'

// pnpm simulate produce [--runs N] [--seed S] [--trace]: runs N seeds from S on, and says which of them broke a promise.

const USAGE = 'usage: pnpm simulate produce [--runs N] [--seed S] [--trace]; N and S are whole numbers'
const MOST_SHOWN = 20

function argumentsOf() {
  const options = {
    runs: { type: 'string', default: '1000' },
    seed: { type: 'string' },
    trace: { type: 'boolean', default: false },
  } as const
  const { values, positionals } = parseArgs({ allowPositionals: true, options })
  const runs = Number(values.runs)
  const seed = Number(values.seed ?? Math.floor(Math.random() * 1_000_000_000))
  if (positionals.join() !== 'produce' || !(runs >= 1) || !Number.isInteger(runs) || !Number.isInteger(seed)) throw new Error(USAGE)
  return { runs, seed, traces: values.trace }
}

const { runs, seed: first, traces } = argumentsOf()
let seed = first
const replay = () => `pnpm simulate produce --seed ${seed} --runs 1 --trace`
// Nothing that a producer does may end up here.
process.on('uncaughtException', (error) => {
  console.log(`seed ${seed}: nobody caught ${error.stack}\n  ${replay()}`)
  process.exit(1)
})

const sum: Record<keyof ProduceFigures, number> = {
  records: 0,
  written: 0,
  maybe: 0,
  not: 0,
  transactions: 0,
  committed: 0,
  unknown: 0,
  disturbances: 0,
  virtualMs: 0,
}
const failed: number[] = []
const started = performance.now()
let isStopping = false
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    isStopping = true
  })
}
for (; seed < first + runs && !isStopping; seed++) {
  let broken: readonly string[]
  try {
    const run = await simulateProducing(seed, { tracesRequests: traces })
    broken = run.broken
    if (traces) for (const line of run.trace) console.log(line)
    for (const name of Object.keys(sum) as (keyof ProduceFigures)[]) sum[name] += run.figures[name]
  } catch (error) {
    broken = [error instanceof Error ? error.message : String(error)]
  }
  if (broken.length === 0) continue
  failed.push(seed)
  if (failed.length > MOST_SHOWN) continue
  console.log(
    `seed ${seed}: ${broken.slice(0, 5).join('\n  ')}${broken.length > 5 ? `\n  and ${broken.length - 5} more` : ''}\n  ${replay()}`,
  )
}
const tookMs = performance.now() - started
console.log(
  `seeds ${first} to ${seed - 1}: ${sum.records} records (${sum.written} written, ${sum.maybe} maybe, ${sum.not} not), ` +
    `${sum.transactions} transactions (${sum.committed} committed, ${sum.unknown} unknown), ${sum.disturbances} disturbances, ` +
    `${Math.round(sum.virtualMs / 1_000)} s of virtual time in ${Math.round(tookMs / 1_000)} s, ${(tookMs / Math.max(1, seed - first)).toFixed(1)} ms a run; ` +
    `${failed.length} failed${failed.length > 0 ? `: ${failed.slice(0, 50).join(' ')}` : ''}`,
)
// A cluster whose run hangs stays open.
process.exit(failed.length === 0 ? 0 : 1)
