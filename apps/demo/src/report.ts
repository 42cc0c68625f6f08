import type { Ledger } from './ledger.ts'

/** What a run came to. */
export interface Outcome {
  readonly records: number
  readonly bytes: number
  readonly seconds: number
  readonly connectionsLost: number
  readonly rebalances: number
  readonly ledger: Ledger
  /** Words whose counts differ from those of the file. */
  readonly wrongWords: readonly string[]
}

/** Whether nothing was lost and nothing counted twice. */
export function isEqual(outcome: Outcome): boolean {
  return outcome.wrongWords.length === 0 && outcome.ledger.totalRead === outcome.records && outcome.ledger.totalWritten === outcome.records
}

/** Compares two counts: the words that differ, most telling first. */
export function differingWords(expected: ReadonlyMap<string, number>, counted: ReadonlyMap<string, number>): string[] {
  const words = new Set([...expected.keys(), ...counted.keys()])
  return [...words].filter((word) => expected.get(word) !== counted.get(word))
}

/** The closing table. */
export function reportOf(outcome: Outcome): string {
  const { ledger, records, bytes, seconds } = outcome
  const rows: [string, string][] = [
    ['records', `${records}`],
    ['bytes', `${bytes}`],
    ['seconds', seconds.toFixed(1)],
    ['records/s', `${Math.round(records / seconds)}`],
    ['MB/s', (bytes / seconds / 1e6).toFixed(1)],
    ['delivered again', `${ledger.deliveredAgain}`],
    ['connections lost', `${outcome.connectionsLost}`],
    ['rebalances', `${outcome.rebalances}`],
    ...ledger.read.map((read, partition): [string, string] => [
      `partition ${partition}`,
      `${ledger.written[partition]} written, ${read} read`,
    ]),
    [
      'counts',
      isEqual(outcome) ? 'equal' : `different, for ${outcome.wrongWords.length} words: ${outcome.wrongWords.slice(0, 5).join(' ')}`,
    ],
  ]
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n')
}
