import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { runBlock } from '../src/run-block.ts'

const folder = mkdtempSync(join(tmpdir(), 'blocks-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function run(code: string, prints: string[]) {
  const file = join(folder, 'program.mjs')
  writeFileSync(file, code)
  return runBlock(process.execPath, file, prints, { graceMs: 100, timeoutMs: 3000 })
}

it('stops a program that never ends after its last expected line', async () => {
  expect(await run("console.log('a 1'); console.log('b 2'); setInterval(() => {}, 1000)", ['a', 'b'])).toMatchObject({
    exitCode: undefined,
    missing: [],
  })
})

it('tells what a program that ended did not print', async () => {
  expect(await run("console.log('b'); console.log('a')", ['a', 'b'])).toMatchObject({ exitCode: 0, missing: ['b'] })
})

it('tells the exit code of a program that printed all and then failed', async () => {
  expect(await run("console.log('a'); process.exitCode = 3", ['a'])).toMatchObject({ exitCode: 3, missing: [] })
})

it('gives up on a program that never prints what is expected', async () => {
  expect(await run('setInterval(() => {}, 1000)', ['a'])).toMatchObject({ exitCode: null, missing: ['a'] })
})
