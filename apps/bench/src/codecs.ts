import { type Contender, contenders } from './codecs/contenders.ts'
import { payloads, sizes } from './codecs/payloads.ts'
import { measure, median } from './measured.ts'

const ROUNDS = 11
const WARM_UP_MS = 60
const MEASURED_MS = 40
/** How many times as fast as its rival a codec is asked to be, each way, with the largest payload of JSON. */
const ASKED = 2.5

const directions = ['compress', 'decompress'] as const

interface Row {
  readonly contender: Contender
  readonly direction: (typeof directions)[number]
  readonly input: Uint8Array
  readonly megabytes: number[]
}

/** What the codecs cost, next to the libraries that they are made of: medians of rounds in turn. How many times as fast is asked of each round. */
export async function codecs(): Promise<void> {
  console.log(`Node ${process.version}, MB of uncompressed bytes a CPU-second, medians of ${ROUNDS} rounds in turn`)
  for (const [codec, { all, rival }] of Object.entries(contenders)) {
    for (const [payload, make] of Object.entries(payloads)) {
      for (const size of sizes) {
        const bytes = make(size)
        const compressed = await compressByEach(all, bytes)
        const rows = all.flatMap((contender): Row[] => rowsOf(contender, bytes, compressed.get(contender)!))
        await measureInTurn(rows, size)
        console.log(`\n${codec}, ${size / 1024} KB of ${payload}`)
        const isAsked = payload === 'json' && size === sizes.at(-1)
        for (const contender of all) print(contender, rows, size / compressed.get(contender)!.length, isAsked ? rival : undefined)
      }
    }
  }
}

async function compressByEach(all: readonly Contender[], bytes: Uint8Array): Promise<Map<Contender, Uint8Array>> {
  const compressed = new Map<Contender, Uint8Array>()
  for (const contender of all) compressed.set(contender, (await (contender.compress ?? all[0]!.compress!)(bytes)) as Uint8Array)
  return compressed
}

function rowsOf(contender: Contender, bytes: Uint8Array, compressed: Uint8Array): Row[] {
  const inputs = { compress: bytes, decompress: compressed }
  const own = directions.filter((direction) => contender[direction] !== undefined)
  return own.map((direction) => ({ contender, direction, input: inputs[direction], megabytes: [] }))
}

async function measureInTurn(rows: readonly Row[], size: number): Promise<void> {
  for (const row of rows) await repeat(row, WARM_UP_MS)
  for (let round = 0; round < ROUNDS; round++) {
    for (const row of rows) row.megabytes.push((await repeat(row, MEASURED_MS)) * (size / 1e6))
  }
}

/** Returns how often it can be done in a second of CPU time, that of Node's pool included. */
async function repeat({ contender, direction, input }: Row, milliseconds: number): Promise<number> {
  const work = contender[direction]!
  const end = performance.now() + milliseconds
  let count = 0
  const { cpuSeconds } = await measure(async () => {
    do {
      const result = work(input)
      if (result instanceof Promise) await result
      count++
    } while (performance.now() < end)
  })
  return count / cpuSeconds
}

function print(contender: Contender, rows: readonly Row[], ratio: number, rival: string | undefined): void {
  const speeds = (name: string, direction: string) =>
    rows.find((row) => row.contender.name === name && row.direction === direction)?.megabytes
  const cells = directions.map((direction) => {
    const own = speeds(contender.name, direction)
    return `${(own === undefined ? '-' : median(own).toFixed(0)).padStart(6)} ${direction}`
  })
  const isOurs = rows[0]?.contender === contender
  // Of the same round: a machine that is busy now and then slows both down.
  const times = directions.map((direction) => {
    const rivals = speeds(rival ?? '', direction) ?? []
    return median(rivals.map((megabytes, round) => speeds(contender.name, direction)![round]! / megabytes))
  })
  const verdict = times.every((factor) => factor >= ASKED) ? 'kept' : 'MISSED'
  const asked =
    isOurs && rival !== undefined
      ? `  ${times.map((t) => t.toFixed(1)).join(' and ')} times ${rival}; asked: at least ${ASKED}, ${verdict}`
      : ''
  console.log(`  ${contender.name.padEnd(18)}${cells.join('')}  ratio ${ratio.toFixed(2)}${asked}`)
}
