import { type ChildProcess, execFile } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'

const PACKAGES = [
  'aiokafka==0.14.0',
  'async-timeout==5.0.1',
  'cramjam==2.14.0',
  'kafka-python==3.0.12',
  'lz4==4.4.5',
  'packaging==26.3',
  'python-snappy==0.7.3',
  'typing_extensions==4.16.0',
  'zstandard==0.25.0',
]
const INSTALL_MS = 180_000

/**
 * The Python of an environment that has aiokafka and kafka-python with all their codecs. It is made once and kept in the user's cache
 * directory, or in `KAFKA_JUDGES_DIR`.
 *
 * @throws where there is no Python, or its packages cannot be had
 */
export async function pythonWithClients(env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const version = await runProgram('python3', ['-VV'], { timeout: INSTALL_MS })
  const digest = createHash('sha256')
    .update([version, ...PACKAGES].join('\n'))
    .digest('hex')
    .slice(0, 8)
  const root = env.KAFKA_JUDGES_DIR || join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'kafka-judges')
  const folder = join(root, `python-${digest}`)
  if (existsSync(interpreterOf(folder))) return interpreterOf(folder)
  // Made aside and renamed at the end: a folder that exists is complete, also when several processes make it at once.
  const aside = `${folder}.${randomUUID()}`
  try {
    await mkdir(dirname(aside), { recursive: true })
    await runProgram('python3', ['-m', 'venv', aside], { timeout: INSTALL_MS })
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps', '--only-binary', ':all:']
    await runProgram(interpreterOf(aside), [...pip, ...PACKAGES], { timeout: INSTALL_MS })
    await rename(aside, folder).catch((error: unknown) => {
      if (!existsSync(interpreterOf(folder))) throw error
    })
    return interpreterOf(folder)
  } finally {
    await rm(aside, { recursive: true, force: true })
  }
}

const interpreterOf = (folder: string): string =>
  process.platform === 'win32' ? join(folder, 'Scripts', 'python.exe') : join(folder, 'bin', 'python')

/** Runs a program to its end: what it wrote. */
export function runProgram(command: string, args: readonly string[], o: { timeout: number; input?: string }): Promise<string> {
  return new Promise((resolve, reject) => {
    const child: ChildProcess = execFile(command, args, { timeout: o.timeout, maxBuffer: 16 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error) reject(new Error(`${command} ${args[0]} failed: ${stderr.trim().slice(-1000) || error.message}`, { cause: error }))
      else resolve(stdout)
    })
    // A program that ends before it has read everything breaks the pipe; its exit code tells the story.
    child.stdin?.on('error', () => {})
    child.stdin?.end(o.input ?? '')
  })
}
