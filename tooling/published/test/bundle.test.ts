import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { expect, it } from 'vitest'
import { gzippedProducerBundle, twoApiBundle } from '../budgets.ts'

async function bundle(contents: string, folder = '..', conditions: string[] = []): Promise<string> {
  const resolveDir = fileURLToPath(new URL(folder, import.meta.url))
  const { outputFiles } = await build({
    stdin: { contents, resolveDir },
    bundle: true,
    conditions,
    platform: 'node',
    format: 'esm',
    minify: true,
    write: false,
  })
  return outputFiles[0]!.text
}

it('leaves unused APIs out of the bundle of a program', async () => {
  const text = await bundle("import { Heartbeat, SyncGroup } from '@k/protocol'\nconsole.log(Heartbeat.request, SyncGroup.request)")
  expect(text).toContain('"Heartbeat"')
  expect(text).toContain('"SyncGroup"')
  expect(text).not.toContain('"CreateTopics"')
  // Nor is what only codecs are written with.
  for (const word of ['WebAssembly', 'shiftLeft', 'patience']) expect(text).not.toContain(word)
  expect(text.length).toBeLessThan(twoApiBundle)
})

it('makes a small bundle of a program that produces, with the network and the protocol in it', async () => {
  const program = "import { Producer } from './src/index.ts'\nconsole.log(Producer)"
  // What comes out is the same as of the built packages, which need not be there.
  const text = await bundle(program, '../../../packages/producer', ['@k/source'])
  for (const api of ['Produce', 'Metadata', 'InitProducerId']) expect(text).toContain(`"${api}"`)
  // Batches from brokers, of whatever format, are for readers, as is decompression.
  for (const reader of ['"Fetch"', 'UNKNOWN_MAGIC', 'DECOMPRESSED_TOO_LARGE', 'gunzip']) expect(text).not.toContain(reader)
  expect(gzipSync(text).length).toBeLessThan(gzippedProducerBundle)
})
