import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const isLoaded = 'process.moduleLoadList.some((name) => /NativeModule zlib$/.test(name))'
const program = `
  const { gunzip } = await import('@k/protocol')
  const before = ${isLoaded}
  gunzip(Buffer.from('1f8b080000000000000303000000000000000000', 'hex'), 10)
  console.log(JSON.stringify([before, ${isLoaded}]))`

describe("Node's zlib", () => {
  it('is not loaded before something is decompressed', () => {
    const cwd = fileURLToPath(new URL('../..', import.meta.url))
    const told = execFileSync(process.execPath, ['--conditions=@k/source', '--input-type=module', '--eval', program], {
      cwd,
      encoding: 'utf8',
    })
    expect(JSON.parse(told)).toEqual([false, true])
  })
})
