import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { differenceLines, scriptTable } from '../../src/differential/page.ts'
import { subjects as subjectsOfOne, subjectsOfThree } from '../../src/differential/subjects.ts'

const subjects = [...subjectsOfOne, ...subjectsOfThree]
const page = readFileSync(new URL('../../../../docs/fake-cluster.md', import.meta.url), 'utf8')

/** What stands on the page between two marks. */
function between(name: string): string {
  const [, text] = new RegExp(`<!-- ${name} -->\\n\\n([^]*?)\\n*<!-- end -->`).exec(page) ?? []
  return text ?? `no part ${name}`
}

describe('docs/fake-cluster.md', () => {
  it('lists the differences that the scripts expect, and no others', () => {
    expect(between('differences')).toBe(differenceLines(subjects).join('\n').trimEnd())
  })

  it('counts the scripts', () => {
    expect(between('scripts')).toBe(scriptTable(subjects).join('\n'))
  })

  it('has scripts whose titles tell them apart', () => {
    for (const { scripts } of subjects) {
      const titles = scripts.map(({ title }) => title)
      expect(titles).toEqual([...new Set(titles)])
    }
  })
})
