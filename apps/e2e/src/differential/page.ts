import type { Subject } from './script.ts'

/** The lines of the page of known differences: every sentence once, by subject, in the order of the scripts. */
export function differenceLines(subjects: readonly Subject[]): string[] {
  return subjects.flatMap(({ title, scripts }) => {
    const sentences = new Set(scripts.flatMap(({ expectedDifferences }) => expectedDifferences.map(({ why }) => why)))
    return sentences.size === 0 ? [] : [`### ${title}`, '', ...[...sentences].map((why) => `* ${why}`), '']
  })
}

/** How many scripts there are, by subject, as a table. */
export function scriptTable(subjects: readonly Subject[]): string[] {
  const sum = subjects.reduce((count, { scripts }) => count + scripts.length, 0)
  return [
    '| subject | scripts |',
    '|---|---|',
    ...subjects.map(({ title, scripts }) => `| ${title} | ${scripts.length} |`),
    `| all | ${sum} |`,
  ]
}
