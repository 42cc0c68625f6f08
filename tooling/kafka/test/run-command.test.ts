import { describe, expect, it } from 'vitest'
import { runCommand } from '../src/run-command.ts'

describe.skipIf(process.platform === 'win32')('runCommand', () => {
  it('hands text in and collects both streams and the exit code', async () => {
    const script = 'cat; echo problem >&2; exit 3'
    expect(await runCommand('sh', ['-c', script], { input: 'hello \u00e9\n' })).toEqual({
      code: 3,
      stdout: 'hello \u00e9\n',
      stderr: 'problem\n',
    })
  })

  it('gives empty input when none is given', async () => {
    expect(await runCommand('cat', [])).toEqual({ code: 0, stdout: '', stderr: '' })
  })

  it('passes arguments as they are', async () => {
    const { stdout } = await runCommand('printf', ['%s|', '*', '$HOME', 'a b', "it's"])
    expect(stdout).toBe("*|$HOME|a b|it's|")
  })

  it('ends with 127 when there is no such command, and with 128 + n when signal n ended it', async () => {
    expect(await runCommand('there-is-no-such-command', [])).toMatchObject({ code: 127 })
    expect(await runCommand('sh', ['-c', 'kill -9 $$'])).toMatchObject({ code: 137 })
  })

  it('does not mind a command that leaves its input unread', async () => {
    expect(await runCommand('true', [], { input: 'x'.repeat(1_000_000) })).toMatchObject({ code: 0 })
  })

  it('kills a command that takes too long, and says what it wrote', async () => {
    const running = runCommand('sh', ['-c', 'echo so far; exec sleep 60'], { timeoutMs: 300, name: 'The sleeper' })
    await expect(running).rejects.toThrow('The sleeper did not end within 300 ms; it wrote: so far')
  })
})
