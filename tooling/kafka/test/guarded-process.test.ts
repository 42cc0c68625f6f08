import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { GuardedProcess } from '../src/guarded-process.ts'

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

const untilGone = async (pid: number): Promise<boolean> => {
  for (let tries = 0; tries < 500 && isAlive(pid); tries++) await sleep(10)
  return !isAlive(pid)
}

describe.skipIf(process.platform === 'win32')('GuardedProcess', () => {
  it('knows the pid of the command itself', async () => {
    const child = await GuardedProcess.start('sh', ['-c', 'echo $$; exec sleep 60'], { output: 'pipe' })
    const [line] = await once(child.shell.stdout!, 'data')
    expect(Number(String(line))).toBe(child.pid)
    expect(child.exitCode).toBeUndefined()
    await child.kill()
    expect(child.exitCode).toBe(137)
    expect(isAlive(child.pid)).toBe(false)
  })

  it('kills a command that is stopped', async () => {
    const child = await GuardedProcess.start('sleep', ['60'], { output: 'pipe' })
    child.signal('SIGSTOP')
    await child.kill()
    expect(child.exitCode).toBe(137)
  })

  it('does nothing when the command has ended already', async () => {
    const child = await GuardedProcess.start('true', [], { output: 'pipe' })
    expect(await child.waitForExit(5000)).toBe(0)
    child.signal('SIGTERM')
    await child.kill()
    expect(child.exitCode).toBe(0)
  })

  it('says that a command has not ended in time', async () => {
    const child = await GuardedProcess.start('sleep', ['60'], { output: 'pipe' })
    expect(await child.waitForExit(20)).toBeUndefined()
    await child.kill()
  })

  // The guard is for processes that get no chance to clean up.
  it.each(['SIGKILL', 'SIGTERM'] as const)('takes the command along when its parent dies of %s', async (signal) => {
    const module = new URL('../src/guarded-process.ts', import.meta.url).href
    const program = `import { GuardedProcess } from ${JSON.stringify(module)}
      const child = await GuardedProcess.start('sleep', ['60'], { output: 2 })
      process.stdout.write(child.pid + '\\n')
      setInterval(() => {}, 1000)`
    const parent = spawn(process.execPath, ['--input-type=module-typescript', '-e', program], {
      cwd: fileURLToPath(new URL('.', import.meta.url)),
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [line] = await once(parent.stdout!, 'data')
    const pid = Number(String(line))
    expect(isAlive(pid)).toBe(true)
    parent.kill(signal)
    expect(await untilGone(pid)).toBe(true)
  })

  it('lets its parent end, and dies with it', async () => {
    const module = new URL('../src/guarded-process.ts', import.meta.url).href
    const program = `import { GuardedProcess } from ${JSON.stringify(module)}
      const child = await GuardedProcess.start('sleep', ['60'], { output: 2 })
      process.stdout.write(child.pid + '\\n')`
    const parent = spawn(process.execPath, ['--input-type=module-typescript', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] })
    const [line] = await once(parent.stdout!, 'data')
    const [code] = await once(parent, 'exit')
    expect(code).toBe(0)
    expect(await untilGone(Number(String(line)))).toBe(true)
  })
})
