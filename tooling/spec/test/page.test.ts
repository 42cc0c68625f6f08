import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { firstSentence, summariesIn } from '../src/api-sources.ts'
import { pageFile, protocolPage } from '../src/page.ts'
import { importsIn } from '../src/users.ts'

it('is docs/protocol.md; npm run fix writes it anew', () => {
  expect(readFileSync(pageFile, 'utf8')).toBe(protocolPage())
})

it('has a sentence in every row', () => {
  const rows = protocolPage()
    .split('\n')
    .filter((line) => line.startsWith('| '))
  expect(rows.length).toBeGreaterThan(90)
  expect(rows.filter((line) => / \|\s*\|$/.test(line))).toEqual([])
})

it('takes the first sentence of the comment above a declaration', () => {
  expect(firstSentence('* Asks a thing, e.g. a name (KIP-1.5); at once.\n * More of it. ')).toBe(
    'Asks a thing, e.g. a name (KIP-1.5); at once.',
  )
  expect(firstSentence(' No end ')).toBe('No end')
  const source = "/** Other. */\nexport const other = 1\n/**\n * Beats. Often.\n */\nexport const Beat = api('Beat', 1)\n"
  expect([...summariesIn(source)]).toEqual([['Beat', 'Beats.']])
})

it('finds what is imported as a value', () => {
  const source = "import {\n  Beat,\n  type BeatRequest,\n  Fetch as F,\n} from '@k/protocol'\nimport type { Vote } from '@k/protocol'\n"
  expect(importsIn(source)).toEqual(['Beat', 'Fetch'])
})
