import { describe, expect, it } from 'vitest'
import { described, differencesOf, isExpected } from './compare.ts'
import { perform, type Subject } from './script.ts'

/** One test for each script, all at once: every script has names of its own. */
export function registerScripts(subjects: readonly Subject[], clusters: () => { readonly real: string; readonly fake: string }): void {
  describe.concurrent.each(subjects)('$title', ({ title: subject, scripts }) => {
    it.each(scripts.map((script, i) => ({ ...script, name: `${subject.replaceAll(' ', '-')}-${i + 1}` })))(
      '$title',
      async ({ name, ...script }) => {
        const { real, fake } = clusters()
        const [theirs, ours] = await Promise.all([perform(script, real, name), perform(script, fake, name)])
        const differences = differencesOf(theirs, ours)
        const { expectedDifferences } = script
        const unexpected = differences.filter((each) => !expectedDifferences.some((expected) => isExpected(each, expected)))
        expect(unexpected.map(described).join('\n')).toBe('')
        const gone = expectedDifferences.filter((expected) => !differences.some((each) => isExpected(each, expected)))
        expect(gone, 'differences that are listed, and are none any more').toEqual([])
      },
    )
  })
}
