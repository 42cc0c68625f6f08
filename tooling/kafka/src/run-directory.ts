import { randomBytes } from 'node:crypto'
import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const keptMs = 24 * 60 * 60 * 1000
const prefix = 'kafka-run-'

/** Makes the directory of one run, with its logs and data, and removes those that dead processes left more than a day ago. */
export const makeRunDirectory = async (root: string = tmpdir()): Promise<string> => {
  await removeOldRuns(root)
  const directory = join(root, `${prefix}${process.pid}-${randomBytes(4).toString('hex')}`)
  await mkdir(directory, { recursive: true })
  return directory
}

const removeOldRuns = async (root: string): Promise<void> => {
  for (const name of await readdir(root)) {
    const pid = Number(/^kafka-run-(\d+)-/.exec(name)?.[1])
    if (!pid || isAlive(pid)) continue
    const directory = join(root, name)
    const { mtimeMs } = await stat(directory).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }))
    if (mtimeMs < Date.now() - keptMs) await rm(directory, { recursive: true, force: true })
  }
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
