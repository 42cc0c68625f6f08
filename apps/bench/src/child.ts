import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

function start(file: string, args: readonly string[]): ChildProcess {
  const path = new URL(file, import.meta.url).pathname
  return spawn(process.execPath, ['--conditions=@k/source', path, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('the child has no output')
  const lines = createInterface({ input: child.stdout })
  const ended = once(child, 'exit').then(([code]) => Promise.reject(new Error(`the child ended with ${code} and said nothing`)))
  const line = await Promise.race([once(lines, 'line') as Promise<[string]>, ended])
  ended.catch(() => {})
  return line[0]
}

/** Runs a file of this folder to its end and returns the line that it printed. */
export async function runChild(file: string, args: readonly string[]): Promise<string> {
  const child = start(file, args)
  const ended = once(child, 'exit')
  const line = await firstLine(child)
  await ended
  return line
}

/** Starts a file of this folder that goes on until it is stopped, and waits for its first line. */
export async function startChild(file: string): Promise<{ line: string; stop: () => Promise<void> }> {
  const child = start(file, [])
  const line = await firstLine(child)
  const stop = async () => {
    const ended = once(child, 'exit')
    child.kill()
    await ended
  }
  return { line, stop }
}
