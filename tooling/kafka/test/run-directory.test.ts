import { mkdir, mkdtemp, readdir, rm, utimes } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { makeRunDirectory } from '../src/run-directory.ts'

// Above the largest pid of Linux: nobody has it.
const deadPid = 4_194_305

it('removes what dead processes left more than a day ago, and nothing else', async () => {
  const root = await mkdtemp(join(tmpdir(), 'runs-'))
  const names = [`kafka-run-${deadPid}-old`, `kafka-run-${process.pid}-old`, `kafka-run-${deadPid}-new`, 'something-else']
  const long = new Date(Date.now() - 25 * 60 * 60 * 1000)
  for (const name of names) {
    await mkdir(join(root, name))
    if (!name.endsWith('new')) await utimes(join(root, name), long, long)
  }
  const made = await makeRunDirectory(root)
  const left = (await readdir(root)).map((name) => join(root, name))
  expect(left.sort()).toEqual([made, ...names.slice(1).map((name) => join(root, name))].sort())
  await rm(root, { recursive: true })
})
