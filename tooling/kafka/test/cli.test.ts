import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { skipKafka } from '../src/index.ts'
import { probeMetadata } from '../src/metadata-probe.ts'
import { releaseOf } from '../src/release.ts'
import { chooseWay } from '../src/way.ts'

const file = fileURLToPath(new URL('../src/cli.ts', import.meta.url))
const skip = (await skipKafka({ stopBrokers: true })) || (await chooseWay(releaseOf('4.3.1'), process.env, 'java')).way === undefined

interface Cli {
  process: ChildProcess
  stdout: () => string
  stderr: () => string
}

const run = (...args: string[]): Cli => {
  const child = spawn(process.execPath, [file, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk) => {
    stdout += chunk
  })
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  return { process: child, stdout: () => stdout, stderr: () => stderr }
}

const until = async (condition: () => boolean, timeoutMs: number): Promise<void> => {
  const deadline = Date.now() + timeoutMs
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`not within ${timeoutMs} ms`)
    await sleep(20)
  }
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

const startOne = async (): Promise<{ cli: Cli; pid: number }> => {
  const cli = run('--way', 'java')
  await until(() => cli.stderr().includes('Ctrl-C') || cli.process.exitCode !== null, 100_000)
  return { cli, pid: Number(/kill -9 (\d+)/.exec(cli.stderr())?.[1]) }
}

describe('the command line', () => {
  it('explains itself', async () => {
    const cli = run('--help')
    await once(cli.process, 'close')
    expect(cli.stdout()).toContain('--nodes')
    expect(cli.process.exitCode).toBe(0)
  })

  it('ends with one sentence and exit code 1 when it makes no sense', async () => {
    const cli = run('--version', '12')
    await once(cli.process, 'close')
    expect(cli.stderr().trim().split('\n')).toEqual([expect.stringContaining('Kafka 12 is not known here')])
    expect(cli.process.exitCode).toBe(1)
  })
})

describe.skipIf(skip)('a cluster by hand', () => {
  it('prints its address alone on standard output, and ends in order on Ctrl-C', async () => {
    const { cli, pid } = await startOne()
    const [, host, port] = /^(\S+):(\d+)\n$/.exec(cli.stdout()) ?? []
    expect(await probeMetadata(host!, Number(port), 5000)).toEqual([1])
    cli.process.kill('SIGINT')
    await once(cli.process, 'close')
    expect(cli.process.exitCode).toBe(0)
    expect(isAlive(pid)).toBe(false)
  }, 120_000)

  it('takes its broker along when it is killed itself', async () => {
    const { cli, pid } = await startOne()
    expect(isAlive(pid)).toBe(true)
    cli.process.kill('SIGKILL')
    await until(() => !isAlive(pid), 10_000)
  }, 120_000)

  it('tells when a broker was killed by hand, and ends when none is left', async () => {
    const { cli, pid } = await startOne()
    process.kill(pid, 'SIGKILL')
    await once(cli.process, 'close')
    expect(cli.stderr()).toContain('Node 1 has ended.')
    expect(cli.process.exitCode).toBe(1)
  }, 120_000)
})
