import { runChild } from './child.ts'
import { median } from './measured.ts'
import { RECORDS } from './protocol/sample.ts'
import { codecNames } from './protocol/tasks.ts'

/** Something to measure, of us and of others, and how far we want to get. */
interface Figure {
  readonly name: string
  readonly title: string
  /** The first is ours. */
  readonly clients: readonly string[]
  readonly unit: string
  /** What the unit is to the seconds of one repetition. */
  readonly scale: number
  /** The most that ours may cost, in that unit. */
  readonly most?: number
  /** How many times as much another has to cost, at least. */
  readonly least?: Readonly<Record<string, number>>
  readonly worker?: string
}

const ROUNDS = 5
const CPU_PER_MILLION = { unit: 'CPU-s per million records', scale: 1e6 / RECORDS }

const FIGURES: readonly Figure[] = [
  {
    name: 'encode',
    title: `encode batches of ${RECORDS} records of 100 bytes with keys of 10`,
    clients: codecNames,
    ...CPU_PER_MILLION,
    most: 0.2,
    least: { kafkajs: 8, '@platformatic/kafka': 4 },
  },
  {
    name: 'decode',
    title: `decode them, each value taken; the checksum is looked at by ours alone`,
    clients: codecNames,
    ...CPU_PER_MILLION,
    most: 0.16,
    least: { kafkajs: 3, '@platformatic/kafka': 1.7 },
  },
  { name: 'metadata', title: 'decode the metadata of 1200 partitions', clients: ['@k'], unit: 'CPU-ms', scale: 1e3, most: 0.6 },
  { name: 'fetch', title: 'decode the envelope of a fetch of 100 partitions', clients: ['@k'], unit: 'CPU-us', scale: 1e6, most: 80 },
  { name: 'crc', title: 'CRC-32C of 128 KB', clients: ['@k', 'crc-32'], unit: 'CPU-us', scale: 1e6, least: { 'crc-32': 3 } },
  {
    name: 'import',
    title: 'import the built package in a fresh process',
    clients: ['@k'],
    unit: 'CPU-ms',
    scale: 1e3,
    most: 15,
    worker: 'protocol/import-worker.ts',
  },
]

/** What @k/protocol costs, next to its peers and to what is asked of it: interleaved rounds, fresh processes, medians. */
export async function protocol(): Promise<void> {
  const runs = new Map<Figure, Map<string, number[]>>(
    FIGURES.map((figure) => [figure, new Map(figure.clients.map((client) => [client, []]))]),
  )
  for (let round = 0; round < ROUNDS; round++) {
    for (const [figure, clients] of runs) {
      for (const [client, seconds] of clients) {
        const line = await runChild(figure.worker ?? 'protocol/worker.ts', [figure.name, client])
        seconds.push(JSON.parse(line) as number)
      }
    }
  }
  console.log(`Node ${process.version}, medians of ${ROUNDS} rounds, each in a process of its own`)
  for (const [figure, clients] of runs) print(figure, clients)
}

function print({ title, unit, scale, most, least }: Figure, runs: ReadonlyMap<string, readonly number[]>): void {
  console.log(`\n${title}`)
  let own: number | undefined
  for (const [client, seconds] of runs) {
    const cost = median(seconds) * scale
    own ??= cost
    const asked = cost === own ? atMost(cost, most) : atLeast(cost / own, least?.[client])
    const ratio = cost === own ? '' : `${(cost / own).toFixed(1)} times ours`
    console.log(`  ${client.padEnd(20)} ${cost.toPrecision(3).padStart(6)} ${unit}  ${ratio}${asked}`)
  }
}

function atMost(cost: number, most: number | undefined): string {
  return most === undefined ? '' : `  asked: at most ${most}, ${cost <= most ? 'kept' : 'MISSED'}`
}

function atLeast(ratio: number, least: number | undefined): string {
  return least === undefined ? '' : `  asked: at least ${least}, ${ratio >= least ? 'kept' : 'MISSED'}`
}
