import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { archiveArguments, makeArchive } from '../src/class-archive.ts'

describe.skipIf(process.platform === 'win32')('the archive of classes', () => {
  let jars = ''
  const envOf = async (version: string): Promise<Record<string, string>> => {
    const bin = await mkdtemp(join(jars, 'java-'))
    await writeFile(join(bin, 'java'), `#!/bin/sh\necho 'openjdk version "${version}"' >&2\n`)
    await chmod(join(bin, 'java'), 0o755)
    return { PATH: `${bin}:${process.env.PATH}` }
  }
  /** A broker that writes an archive when it ends. */
  const runs: string[][] = []
  const runBroker = async (jvmArguments: string[]): Promise<void> => {
    runs.push(jvmArguments)
    await writeFile(jvmArguments[0]!.replace('-XX:ArchiveClassesAtExit=', ''), 'classes')
  }
  const archives = async (): Promise<string[]> => (await readdir(jars)).filter((name) => name.includes('.jsa'))

  beforeEach(async () => {
    runs.length = 0
    jars = await mkdtemp(join(tmpdir(), 'jars-'))
  })
  afterEach(() => rm(jars, { recursive: true }))

  it('is made once, and used from then on', async () => {
    const env = await envOf('17.0.15')
    expect(await archiveArguments(jars, env)).toEqual([])
    await Promise.all([makeArchive(jars, env, runBroker), makeArchive(jars, env, runBroker)])
    await makeArchive(jars, env, runBroker)
    expect(runs).toHaveLength(1)
    const [name] = await archives()
    expect(name).toMatch(/^classes-[0-9a-f]{8}\.jsa$/)
    expect((await archiveArguments(jars, env))[0]).toBe(`-XX:SharedArchiveFile=${join(jars, name!)}`)
  })

  it('is another one for another Java', async () => {
    await makeArchive(jars, await envOf('17.0.15'), runBroker)
    const env = await envOf('21.0.7')
    expect(await archiveArguments(jars, env)).toEqual([])
    await makeArchive(jars, env, runBroker)
    expect(await archives()).toHaveLength(2)
  })

  it('is done without where it cannot be made', async () => {
    const env = await envOf('17.0.15')
    await makeArchive(jars, env, async (jvmArguments) => {
      await runBroker(jvmArguments)
      throw new Error('the broker did not end')
    })
    expect([await archives(), await archiveArguments(jars, env)]).toEqual([[], []])
  })
})
