import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Producer } from '@k/producer'
import { FakeCluster } from '@k/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compile, typescripts } from '../src/compiler.ts'
import { locateNode, nodeReleases } from '../src/node-releases.ts'
import { type PackedPackages, packAll } from '../src/packed-packages.ts'
import { createProject, layouts } from '../src/project.ts'
import { runToEnd } from '../src/spawned.ts'
import { subjects } from '../src/subjects.ts'

// Outside of the workspace, so that nothing of it can be found by walking up.
const folder = mkdtempSync(join(tmpdir(), 'packaging-'))
let packed: PackedPackages
let kafka: FakeCluster

beforeAll(async () => {
  packed = packAll(join(folder, 'tarballs'))
  for (const release of nodeReleases) await locateNode(release)
  kafka = await FakeCluster.start({ brokers: 3 })
  await kafka.createTopic('packaging', { numPartitions: 3 })
  const producer = new Producer({ bootstrapServers: kafka.bootstrapServers })
  await producer.send({ topic: 'packaging', key: 'o-1', value: 'paid' })
  await producer.close()
}, 300_000)

afterAll(async () => {
  await kafka?.close()
  rmSync(folder, { recursive: true, force: true })
})

it('knows every published package', () => {
  const published = readdirSync(fileURLToPath(new URL('../../../packages/', import.meta.url)))
  const alone = subjects.filter(({ dependencies }) => dependencies.length === 1).map(({ program }) => program)
  expect(alone.sort()).toEqual(published.sort())
})

describe.each(layouts)('installed by %s', (layout) => {
  describe.each(subjects)('$program', ({ program, dependencies, prints }) => {
    const project = join(folder, layout, program)
    const succeeds = { exitCode: 0, output: `${prints}\n` }

    beforeAll(async () => {
      await createProject({ folder: project, program, dependencies, layout, packed })
      // TypeScript 7 is the quickest to compile for Node 20.
      await compile(project, '7.0', true)
    }, 120_000)

    it.concurrent.each(typescripts)(
      'type-checks with TypeScript %s, as an ES module and as CommonJS',
      async (version) => {
        expect(await compile(project, version)).toEqual({ exitCode: 0, output: '' })
      },
      60_000,
    )

    it.concurrent.each(nodeReleases)(
      'runs on Node %s, as an ES module and as CommonJS',
      async (release) => {
        const node = await locateNode(release)
        for (const main of ['main.mjs', 'main.cjs']) {
          expect(await runToEnd(node, [main, String(kafka.bootstrapServers)], project), main).toEqual(succeeds)
        }
      },
      60_000,
    )
  })

  describe('two copies of @k/producer', () => {
    const project = join(folder, layout, 'two-copies')

    beforeAll(async () => {
      await createProject({ folder: project, program: 'producer', dependencies: ['@k/producer'], layout, packed })
      cpSync(fileURLToPath(new URL('../programs/two-copies.mjs', import.meta.url)), join(project, 'two-copies.mjs'))
    }, 120_000)

    it.each(nodeReleases)('recognise the errors of each other on Node %s', async (release) => {
      const { output } = await runToEnd(await locateNode(release), ['two-copies.mjs'], project)
      expect(output).toBe('true false true true true\n')
    })
  })
})
