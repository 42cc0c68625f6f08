import { execFileSync } from 'node:child_process'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ExistingTest } from './parity.ts'

export const root = fileURLToPath(new URL('../../../', import.meta.url))
const vitest = fileURLToPath(new URL('../../../node_modules/vitest/vitest.mjs', import.meta.url))

/** The tests of some files, by their titles as written there: the files are read, not run. */
export function listTests(files: readonly string[]): ExistingTest[] {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(?:VITEST|TEST$|TEST_REPORTS)/.test(name)))
  const listed = execFileSync(process.execPath, [vitest, 'list', ...files, '--json'], { cwd: root, env, maxBuffer: 2 ** 28 }).toString()
  const tests = JSON.parse(listed.slice(listed.indexOf('['))) as { name: string; file: string }[]
  return tests.map(({ name, file }) => ({ name, file: relative(root, file).replaceAll('\\', '/') }))
}
