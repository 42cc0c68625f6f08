import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Producer } from '@k/producer'
import { FakeCluster } from '@k/testing'
import { locateNode } from '@tooling/packaging/node-releases'
import { beforeAll, describe, expect, it } from 'vitest'
import { readBlocks } from '../src/blocks.ts'
import { type CompiledBlock, compileBlocks } from '../src/compile-blocks.ts'
import { root } from '../src/existing-tests.ts'
import { runBlock } from '../src/run-block.ts'

const pages = globSync(['README.md', '{packages,apps,tooling}/*/README.md', 'docs/**/*.md'], { cwd: root }).map((file) =>
  file.replaceAll('\\', '/'),
)
const blocks = pages.sort().flatMap((file) => readBlocks(file, readFileSync(join(root, file), 'utf8')))
const compiled = new Map<string, CompiledBlock>()
let node: string

beforeAll(async () => {
  node = await locateNode('20.19.0')
  for (const block of await compileBlocks(blocks)) compiled.set(block.name, block)
}, 300_000)

/** A cluster as the programs expect it: the topic orders with one record, unless the program makes topics itself. */
async function startCluster(code: string): Promise<FakeCluster> {
  const kafka = await FakeCluster.start({ brokers: 3 })
  if (code.includes('createTopics')) return kafka
  await kafka.createTopic('orders', { numPartitions: 3 })
  const producer = new Producer({ bootstrapServers: kafka.bootstrapServers })
  await producer.send({ topic: 'orders', key: 'o-1', value: 'paid' })
  await producer.close()
  return kafka
}

it('finds programs in the README of the project and of every package, and in every guide', () => {
  const packages = globSync('packages/*/package.json', { cwd: root }).map((file) => join(dirname(file), 'README.md'))
  const guides = globSync('docs/guides/*.md', { cwd: root })
  expect(guides).not.toEqual([])
  const expected = ['README.md', ...packages, ...guides].map((file) => file.replaceAll('\\', '/'))
  expect([...new Set(blocks.map(({ name }) => name.split(':')[0]!))]).toEqual(expect.arrayContaining(expected))
})

describe.concurrent.each(blocks.map(({ name }) => name))('the program at %s', (name) => {
  it('compiles', () => {
    expect(compiled.get(name)!.complaints).toEqual([])
  })

  it('runs', async () => {
    const { file, code, prints, isVitest } = compiled.get(name)!
    await using kafka = await startCluster(code)
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll('localhost:9092', String(kafka.bootstrapServers)))
    const { exitCode, missing, output } = await runBlock(node, file, prints, { isVitest })
    expect(missing, output).toEqual([])
    const neverEnds = exitCode === undefined
    if (!neverEnds) expect(exitCode, output).toBe(0)
  }, 60_000)
})
