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
await x
\`\`\`
`

it('reads the programs of a page and what they print', () => {
  expect(readBlocks('README.md', page)).toEqual([
    { name: 'README.md:6', code: "console.log('one')\n", ending: 'mts', prints: ['one', 'two, and more'] },
    { name: 'README.md:12', code: "require('x')\n", ending: 'cjs', prints: [] },
    { name: 'README.md:22', code: 'await x\n', ending: 'mjs', prints: ['three'] },
  ])
})
