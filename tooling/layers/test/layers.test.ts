import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, it } from 'vitest'
import { rooms, storeys } from '../layers.ts'
import { findViolations } from '../src/cruise-tree.ts'

const packages = fileURLToPath(new URL('../../../packages/', import.meta.url))
const planted: string[] = []

afterEach(() => {
  for (const tree of planted.splice(0)) rmSync(tree, { recursive: true, force: true })
})

/** The names of the rules that a tree breaks which has these files beside an empty face for every package. */
async function rulesBrokenBy(files: Record<string, string>): Promise<string[]> {
  const tree = mkdtempSync(join(tmpdir(), 'layers-'))
  planted.push(tree)
  const faces = Object.fromEntries(Object.keys(storeys).map((name) => [`packages/${name}/src/index.ts`, 'export const face = 1']))
  for (const [path, text] of Object.entries({
    'apps/demo/src/main.ts': '',
    'tooling/x/src/x.ts': 'export const x = 1',
    ...faces,
    ...files,
  })) {
    mkdirSync(dirname(join(tree, path)), { recursive: true })
    writeFileSync(join(tree, path), text)
  }
  const violations = await findViolations(tree)
  return [...new Set(violations.map(({ rule }) => rule.name))].sort()
}

it('is content with arrows that point down', async () => {
  const text = "export { face } from '../../protocol/src/index.ts'"
  expect(await rulesBrokenBy({ 'packages/network/src/index.ts': text, 'packages/testing/src/index.ts': text })).toEqual([])
})

it.each([
  ['protocol', 'network'],
  ['network', 'testing'],
  ['network', 'producer'],
  ['producer', 'consumer'],
  ['consumer', 'admin'],
  ['admin', 'producer'],
  ['compression-gzip', 'network'],
])('refuses that %s imports %s', async (upper, lower) => {
  const text = `import { face } from '../../${lower}/src/index.ts'\nexport const planted = face`
  expect(await rulesBrokenBy({ [`packages/${upper}/src/index.ts`]: text })).toEqual([`storey-of-${upper}`])
})

it('refuses an arrow that is only a type', async () => {
  const files = {
    'packages/consumer/src/index.ts': 'export interface Face { a: 1 }',
    'packages/producer/src/index.ts': "import type { Face } from '../../consumer/src/index.ts'\nexport type Planted = Face",
  }
  expect(await rulesBrokenBy(files)).toEqual(['storey-of-producer'])
})

it('refuses a circle, of types too', async () => {
  const files = {
    'packages/admin/src/a.ts': "import type { B } from './b.ts'\nexport interface A { b: B }",
    'packages/admin/src/b.ts': "import type { A } from './a.ts'\nexport interface B { a: A }",
  }
  expect(await rulesBrokenBy(files)).toContain('no-circles')
})

it('refuses a way into a package beside its face', async () => {
  const files = {
    'packages/protocol/src/wire/inner.ts': 'export const inner = 1',
    'packages/network/src/index.ts': "export { inner } from '../../protocol/src/wire/inner.ts'",
    'apps/demo/src/main.ts': "export { inner } from '../../../packages/protocol/src/wire/inner.ts'",
  }
  expect(await rulesBrokenBy(files)).toEqual(['faces-between-packages', 'faces-only'])
})

it('refuses an arrow that points up inside a package, of types too', async () => {
  const files = {
    'packages/protocol/src/apis/heartbeat.ts': 'export interface Heartbeat { a: 1 }',
    'packages/protocol/src/wire/reader.ts': "import type { Heartbeat } from '../apis/heartbeat.ts'\nexport type Planted = Heartbeat",
  }
  expect(await rulesBrokenBy(files)).toEqual(['upward-in-protocol'])
})

it('refuses a file that has no room', async () => {
  const files = {
    'packages/protocol/src/index.ts': "export * from './planted.ts'",
    'packages/protocol/src/planted.ts': 'export const planted = 1',
  }
  expect(await rulesBrokenBy(files)).toEqual(['no-room-in-protocol'])
})

it('refuses @k/testing a client even in its tests', async () => {
  const text = "import { face } from '../../producer/src/index.ts'\nexport const planted = face"
  expect(await rulesBrokenBy({ 'packages/testing/test/planted.ts': text })).toEqual(['testing-knows-no-client'])
})

it('refuses protocol the network and the file system', async () => {
  const text = "import { connect } from 'node:net'\nexport { readFile } from 'node:fs/promises'\nexport const planted = connect"
  expect(await rulesBrokenBy({ 'packages/protocol/src/index.ts': text })).toEqual(['protocol-without-io'])
})

it('refuses the demo what its users do not have', async () => {
  const text = "export { x } from '../../../tooling/x/src/x.ts'"
  expect(await rulesBrokenBy({ 'apps/demo/src/main.ts': text })).toEqual(['demo-as-a-user'])
})

it('refuses an app the inside of another', async () => {
  const text = "export * from '../../demo/src/main.ts'"
  expect(await rulesBrokenBy({ 'apps/bench/src/main.ts': text })).toEqual(['apps-apart'])
})

it('refuses an import that leads nowhere', async () => {
  expect(await rulesBrokenBy({ 'packages/admin/src/index.ts': "export * from './nowhere.ts'" })).toEqual(['resolvable'])
})

it('fails where there is nothing to look at', async () => {
  const tree = mkdtempSync(join(tmpdir(), 'layers-'))
  planted.push(tree)
  for (const folder of ['packages', 'apps', 'tooling']) mkdirSync(join(tree, folder))
  await expect(findViolations(tree)).rejects.toThrow('nothing to look at')
})

it.each(Object.entries(rooms))('names only rooms that %s has', (name, lines) => {
  const missing = lines.flat().filter((room) => {
    const path = join(packages, name, 'src', room)
    return !existsSync(path) && !existsSync(`${path}.ts`)
  })
  expect(missing).toEqual([])
})
