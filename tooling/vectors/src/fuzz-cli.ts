import { parseArgs } from 'node:util'
import { Fuzzer } from './fuzz/fuzzer.ts'
import { readSeeds } from './fuzz/seeds.ts'
import { targetsOf } from './fuzz/targets.ts'

// pnpm fuzz [--seconds N] [--seed S]: hostile bytes for every decoder. The same seed gives the same inputs.

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '60' }, seed: { type: 'string' } } })
const seconds = Number(values.seconds)
const seed = Number(values.seed ?? Math.floor(Math.random() * 0x7fffffff))
if (!(seconds > 0) || !Number.isInteger(seed)) {
  console.error('usage: pnpm fuzz [--seconds N] [--seed S], both whole numbers')
  process.exit(1)
}

const BETWEEN_LOOKS = 5000
const fuzzer = new Fuzzer(targetsOf(readSeeds()), seed)
const deadline = performance.now() + seconds * 1000
await fuzzer.truncated(200)
while (performance.now() < deadline && !fuzzer.isDone) await fuzzer.mutated(BETWEEN_LOOKS)

const { inputs, decoded, failures } = fuzzer.report
for (const failure of failures) console.log(failure)
const megabytes = Math.round(process.memoryUsage().rss / 1e6)
console.log(
  `seed ${seed}: ${inputs} inputs, ${decoded} decoded, ${inputs - decoded - failures.length} refused, ${failures.length} failed, ${megabytes} MB`,
)
process.exitCode = failures.length === 0 ? 0 : 1
