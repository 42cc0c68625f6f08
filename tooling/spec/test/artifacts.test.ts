import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { artifactsOf, cacheFolder, type Environment, fetchSpecification, whyUnavailable } from '../src/artifacts.ts'
import { specifiedText } from './sample.ts'

it('looks for the records of internal topics where they are since 4.0', () => {
  expect(artifactsOf('3.9.2')).toEqual(['kafka-clients'])
  expect(artifactsOf('4.4.0')).toEqual(['kafka-clients', 'kafka-group-coordinator', 'kafka-transaction-coordinator'])
})

it('keeps specifications where the environment says, else in the cache of the user', () => {
  expect(cacheFolder({ KAFKA_SPECIFICATION_DIR: '/spec', XDG_CACHE_HOME: '/cache' })).toBe('/spec')
  expect(cacheFolder({ XDG_CACHE_HOME: '/cache' })).toBe(join('/cache', 'kafka-specification'))
  expect(cacheFolder({})).toMatch(/\.cache.kafka-specification$/)
})

it('refuses what is no version, before it becomes a path', async () => {
  await expect(fetchSpecification('../4.4.0')).rejects.toThrow("'../4.4.0' is no version of Kafka")
})

describe.skipIf(process.platform === 'win32')('with Maven', () => {
  let home = ''
  let env: Environment = {}
  const unpackOne =
    'd=unpacked/kafka-clients-3.9.2-jar/common/message; mkdir -p $d; cp ../../sample.json $d/Sample.json; echo text > $d/README.md'

  /** A Maven that notes its calls. */
  const installMaven = async (script: string): Promise<void> => {
    await writeFile(join(home, 'mvn'), `#!/bin/sh\n[ "$1" = -version ] && exit 0\necho "$@" >> ${home}/calls\n${script}\n`)
    await chmod(join(home, 'mvn'), 0o755)
  }

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'specification-'))
    env = { PATH: `${home}:/usr/bin:/bin`, KAFKA_SPECIFICATION_DIR: join(home, 'cache') }
    await writeFile(join(home, 'sample.json'), specifiedText)
  })
  afterEach(() => rm(home, { recursive: true }))

  it('fetches a specification once', async () => {
    await installMaven(unpackOne)
    const { version, messages } = await fetchSpecification('3.9.2', env)
    expect(version).toBe('3.9.2')
    expect([...messages.keys()]).toEqual(['Sample'])
    await fetchSpecification('3.9.2', env)
    expect((await readFile(join(home, 'calls'), 'utf8')).trim().split('\n')).toHaveLength(1)
    expect(await readdir(join(home, 'cache'))).toEqual(['3.9.2'])
  })

  it('says what Maven said when it fails, and leaves nothing behind', async () => {
    await installMaven('echo no such artifact; exit 1')
    await expect(fetchSpecification('3.9.2', env)).rejects.toThrow(
      'could not fetch the message specification of Kafka 3.9.2: no such artifact',
    )
    expect(await readdir(join(home, 'cache'))).toEqual([])
  })

  it('says why there is no specification: no Maven, and nothing in the cache', async () => {
    await installMaven(unpackOne)
    expect(await whyUnavailable(['3.9.2'], env)).toBeUndefined()
    await fetchSpecification('3.9.2', env)
    await rm(join(home, 'mvn'))
    const withoutMaven = { ...env, PATH: home }
    expect(await whyUnavailable(['3.9.2'], withoutMaven)).toBeUndefined()
    expect(await whyUnavailable(['3.9.2', '4.4.0'], withoutMaven)).toContain('Maven was not found')
  })
})
