import { parseArgs } from 'node:util'

/** What the command line asks for. */
export interface Arguments {
  /** The text to send; undefined for the default. */
  readonly file: string | undefined
  /** Records a second; undefined paces the run to about ten seconds. */
  readonly rate: number | undefined
}

export const USAGE = `npm run demo -- [FILE] [--rate RECORDS_PER_SECOND | max]

Sends every line of FILE (default: the largest JavaScript file of the installed TypeScript) through Kafka and counts its words with
a group of three consumers. Runs on an embedded cluster, or on the one named by KAFKA_BOOTSTRAP_SERVERS.`

/** @throws Error with one sentence for arguments that make no sense */
export function parseArguments(argv: readonly string[]): Arguments | 'help' {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: { rate: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  })
  if (values.help) return 'help'
  if (positionals.length > 1) throw new Error(`one file at most, not ${positionals.length}: ${positionals.join(' ')}`)
  return { file: positionals[0], rate: parseRate(values.rate) }
}

function parseRate(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (text === 'max') return Number.POSITIVE_INFINITY
  const rate = Number(text)
  if (!(rate > 0)) throw new Error(`--rate takes records per second, or max, not "${text}"`)
  return rate
}
