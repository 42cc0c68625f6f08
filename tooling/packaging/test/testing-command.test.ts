import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'

const manifestFile = createRequire(import.meta.url).resolve('@k/testing/package.json')
const manifest = JSON.parse(readFileSync(manifestFile, 'utf8')) as { bin: Record<string, string> }
const command = join(dirname(manifestFile), Object.values(manifest.bin)[0]!)

describe('the command of @k/testing', () => {
  let child: ChildProcess | undefined
  afterEach(() => child?.kill('SIGKILL'))

  const run = (...args: string[]) => {
    const process_ = spawn(process.execPath, [command, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    child = process_
    const texts = { stdout: '', stderr: '' }
    process_.stdout.on('data', (bytes) => {
      texts.stdout += bytes
    })
    process_.stderr.on('data', (bytes) => {
      texts.stderr += bytes
    })
    return { process_, texts, exit: once(process_, 'close').then(([code]) => code as number | null) }
  }

  it('helps', async () => {
    const { texts, exit } = run('--help')
    expect([await exit, texts.stderr]).toEqual([0, ''])
    expect(texts.stdout).toContain('--brokers <number>')
  })

  // Windows knows no signal that asks a process to end.
  it.skipIf(process.platform === 'win32')('serves, and ends by Ctrl-C', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    const taken = run('--port', `${port}`)
    expect([await taken.exit, taken.texts.stderr.includes(`Port ${port} is taken`)]).toEqual([1, true])
    server.close()
    await once(server, 'close')
    const { process_, texts, exit } = run('--port', `${port}`, '--topics', 'orders:6')
    await expect.poll(() => texts.stdout, { timeout: 10_000 }).toContain('Ctrl-C ends it.')
    expect(texts.stdout).toContain(`127.0.0.1:${port}\ntopic orders: 6 partitions`)
    process_.kill('SIGINT')
    expect([await exit, texts.stderr]).toEqual([0, ''])
  })

  it('says in one line what it does not understand', async () => {
    const { texts, exit } = run('--topics', 'orders')
    expect([await exit, texts.stdout]).toEqual([1, ''])
    expect(texts.stderr).toMatch(/^--topics must be name:partitions.*\n$/)
  })
})
