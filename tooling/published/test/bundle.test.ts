import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { expect, it } from 'vitest'
import { twoApiBundle } from '../budgets.ts'

async function bundle(contents: string): Promise<string> {
  const resolveDir = fileURLToPath(new URL('..', import.meta.url))
  const { outputFiles } = await build({
    stdin: { contents, resolveDir },
    bundle: true,
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
  expect(text.length).toBeLessThan(twoApiBundle)
})
