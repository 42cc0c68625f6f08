import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const biome = join(root, 'node_modules/@biomejs/biome/bin/biome')
const elsewhere = mkdtempSync(join(tmpdir(), 'lint-'))

function plant(path: string, text: string) {
  const file = join(elsewhere, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `${text}\n`)
  return file
}

function rulesBrokenBy(path: string, text: string): string[] {
  const file = plant(path, text)
  const args = [biome, 'lint', '--reporter=json', '--vcs-enabled=false', file]
  try {
    execFileSync(process.execPath, args, { cwd: elsewhere, stdio: 'pipe' })
    return []
  } catch (error) {
    const { stdout } = error as { stdout: Buffer }
    return JSON.parse(stdout.toString()).diagnostics.map(({ category }: { category: string }) => category)
  } finally {
    rmSync(file)
  }
}

beforeAll(() => {
  cpSync(join(root, 'biome.json'), join(elsewhere, 'biome.json'))
  cpSync(join(root, 'tooling/lint'), join(elsewhere, 'tooling/lint'), { recursive: true, filter: (name) => !name.includes('node_modules') })
})

afterAll(() => rmSync(elsewhere, { recursive: true, force: true }))

it.each([
  ['Date.now()', 'plugin'],
  ['new Date()', 'plugin'],
  ['Math.random()', 'plugin'],
  ['process.hrtime.bigint()', 'plugin'],
  ['globalThis.setTimeout(run, 1)', 'plugin'],
  ['performance.now()', 'lint/style/noRestrictedGlobals'],
  ['setTimeout(run, 1)', 'lint/style/noRestrictedGlobals'],
  ['setInterval(run, 1)', 'lint/style/noRestrictedGlobals'],
  ['setImmediate(run)', 'lint/style/noRestrictedGlobals'],
  ['console.log(1)', 'lint/suspicious/noConsole'],
])('refuses %s in the source of a published package', (expression, rule) => {
  expect(rulesBrokenBy('packages/producer/src/planted.ts', `export const planted = (run: () => void) => [run, ${expression}]`)).toEqual([
    rule,
  ])
})

it.each(['node:timers', 'node:timers/promises', 'node:perf_hooks'])('refuses an import of %s there', (name) => {
  expect(rulesBrokenBy('packages/producer/src/planted.ts', `export * from '${name}'`)).toEqual(['lint/style/noRestrictedImports'])
})

it.each([
  'packages/network/src/system-clock.ts',
  'packages/testing/src/system-clock.ts',
  'packages/producer/test/planted.ts',
  'apps/demo/src/planted.ts',
])('allows the time of the system in %s', (path) => {
  expect(
    rulesBrokenBy(path, 'export const planted = () => [Date.now(), performance.now(), setTimeout(planted, 1), Math.random()]'),
  ).toEqual([])
})

it.each([
  ['new Date(0)', 'a date made of a given time'],
  ['(x: unknown) => x instanceof Date', 'a question about a type'],
  ['Math.max(1, 2)', 'arithmetic'],
])('allows %s, %s', (expression) => {
  expect(rulesBrokenBy('packages/producer/src/planted.ts', `export const planted = ${expression}`)).toEqual([])
})

it.each([
  ['export default 1', 'lint/style/noDefaultExport'],
  ['export const planted = (x: any): unknown => x', 'lint/suspicious/noExplicitAny'],
])('refuses %s', (text, rule) => {
  expect(rulesBrokenBy('packages/producer/src/planted.ts', text)).toEqual([rule])
})
