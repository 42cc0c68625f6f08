export interface NamedTest {
  file: string
  title: string
}

export interface ParityRow {
  id: string
  tests: NamedTest[]
}

export interface ExistingTest {
  file: string
  /** The titles of the groups around it and its own, joined by ' > '. */
  name: string
}

/** The rows of every table of docs/parity.md that begin with the id of a behaviour. */
export function readParity(markdown: string): ParityRow[] {
  return markdown
    .split('\n')
    .map((line) => /^\|\s*([A-Z]+-\d+)\b[^|]*\|.*?\|([^|]*)\|\s*$/.exec(line))
    .filter((match) => match !== null)
    .map(([, id, lastCell]) => ({
      id: id!,
      tests: [...lastCell!.matchAll(/`([^`]+\.test\.ts)`\s*"([^"]+)"/g)].map(([, file, title]) => ({ file: file!, title: title! })),
    }))
}

/** What docs/parity.md says and the tests do not hold. */
export function findUnproven(rows: readonly ParityRow[], existing: readonly ExistingTest[]): string[] {
  const exists = ({ file, title }: NamedTest) =>
    existing.some((test) => test.file === file && (test.name === title || test.name.endsWith(` > ${title}`)))
  return rows.flatMap(({ id, tests }) =>
    tests.length === 0
      ? [`${id} names no test`]
      : tests.filter((test) => !exists(test)).map(({ file, title }) => `${id}: there is no test "${title}" in ${file}`),
  )
}
