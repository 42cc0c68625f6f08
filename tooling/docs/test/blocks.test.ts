import { expect, it } from 'vitest'
import { readBlocks } from '../src/blocks.ts'

const page = `
# Title

<!-- prints: one -->
<!-- prints: two, and more -->
\`\`\`ts
console.log('one')
\`\`\`

text

\`\`\`js
require('x')
\`\`\`

\`\`\`sh
npm test
\`\`\`

<!-- prints: three -->

\`\`\`js
import { it } from 'vitest'
\`\`\`
`

it('reads the programs of a page and what they print', () => {
  expect(readBlocks('README.md', page)).toEqual([
    { name: 'README.md:6', code: "console.log('one')\n", ending: 'mts', isVitest: false, prints: ['one', 'two, and more'] },
    { name: 'README.md:12', code: "require('x')\n", ending: 'cjs', isVitest: false, prints: [] },
    { name: 'README.md:22', code: "import { it } from 'vitest'\n", ending: 'mjs', isVitest: true, prints: ['three'] },
  ])
})
