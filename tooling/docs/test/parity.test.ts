import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { listTests, root } from '../src/existing-tests.ts'
import { findUnproven, readParity } from '../src/parity.ts'

const table = `
| Id | Theirs | Ours | Proven by |
|---|---|---|---|
| P-01 | \`a\` | \`b\` | \`tooling/docs/test/parity.test.ts\` "reads rows" |
| P-02 | \`a | c\` | \`b\` | \`x.test.ts\` "one"<br>\`y.test.ts\` "two" |
| S-003 | \`a\` | \`b\` | by eye |
`

it('reads rows', () => {
  expect(readParity(table)).toEqual([
    { id: 'P-01', tests: [{ file: 'tooling/docs/test/parity.test.ts', title: 'reads rows' }] },
    {
      id: 'P-02',
      tests: [
        { file: 'x.test.ts', title: 'one' },
        { file: 'y.test.ts', title: 'two' },
      ],
    },
    { id: 'S-003', tests: [] },
  ])
})

it('finds rows without a test and tests that do not exist', () => {
  const existing = [
    { file: 'tooling/docs/test/parity.test.ts', name: 'a group > reads rows' },
    { file: 'x.test.ts', name: 'someone' },
    { file: 'z.test.ts', name: 'two' },
  ]
  expect(findUnproven(readParity(table), existing)).toEqual([
    'P-02: there is no test "one" in x.test.ts',
    'P-02: there is no test "two" in y.test.ts',
    'S-003 names no test',
  ])
})

it('holds what docs/parity.md says', () => {
  const rows = readParity(readFileSync(join(root, 'docs/parity.md'), 'utf8'))
  expect(rows.length).toBeGreaterThan(0)
  const files = [...new Set(rows.flatMap(({ tests }) => tests.map(({ file }) => file)))]
  const existing = listTests(files.filter((file) => existsSync(join(root, file))))
  expect(findUnproven(rows, existing)).toEqual([])
}, 120_000)
