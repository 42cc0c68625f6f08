import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fetchJars, jarsCached, jarsDirectory, jarsRoot, pomOf } from '../src/jars.ts'
import { kafkaVersions, releaseOf } from '../src/release.ts'

describe('pomOf', () => {
  it('names the broker, its tools and its logging by coordinates', () => {
    expect(pomOf(releaseOf('4.3.1'))).toContain(
      '<dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>4.3.1</version></dependency>',
    )
    expect(pomOf(releaseOf('0.10.2.2'))).toContain('<artifactId>jaxb-api</artifactId>')
  })

  it('leaves out what was never published', () => {
    expect(pomOf(releaseOf('4.4.0'))).toContain(
      '<exclusions><exclusion><groupId>org.apache.kafka</groupId><artifactId>kafka-tools-api</artifactId></exclusion></exclusions>',
    )
  })
})

describe('jarsRoot', () => {
  it('is the directory that the environment names, else one in the cache of the user', () => {
    expect(jarsRoot({ KAFKA_JARS_DIR: '/jars', XDG_CACHE_HOME: '/cache' })).toBe('/jars')
    expect(jarsRoot({ XDG_CACHE_HOME: '/cache' })).toBe(join('/cache', 'kafka-jars'))
    expect(jarsRoot({})).toMatch(/\.cache.kafka-jars$/)
  })
})

describe('jarsDirectory', () => {
  it('differs between versions, and between lists of jars of one version', () => {
    const directories = kafkaVersions.map((version) => jarsDirectory(releaseOf(version), {}))
    expect(new Set(directories).size).toBe(kafkaVersions.length)
    const changed = { ...releaseOf('4.3.1'), exclusions: ['a:b'] }
    expect(jarsDirectory(changed, {})).not.toBe(jarsDirectory(releaseOf('4.3.1'), {}))
  })
})

describe.skipIf(process.platform === 'win32')('fetchJars', () => {
  const release = releaseOf('4.3.1')
  let home = ''
  let env: Record<string, string> = {}

  /** A Maven that notes its calls and copies one jar, or fails. */
  const installMaven = async (script: string): Promise<void> => {
    await writeFile(join(home, 'mvn'), `#!/bin/sh\necho called >> ${home}/calls\n${script}\n`)
    await chmod(join(home, 'mvn'), 0o755)
  }
  const copyOneJar =
    'for word in "$@"; do case "$word" in -DoutputDirectory=*) cd "$(echo "$word" | cut -d= -f2)" && echo jar > broker.jar;; esac; done'
  const calls = async (): Promise<number> => (await readFile(join(home, 'calls'), 'utf8')).trim().split('\n').length

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'jars-'))
    env = { PATH: `${home}:${process.env.PATH}`, KAFKA_JARS_DIR: join(home, 'cache') }
  })
  afterEach(() => rm(home, { recursive: true }))

  it('asks Maven the first time and never again', async () => {
    await installMaven(copyOneJar)
    expect(jarsCached(release, env)).toBe(false)
    const directory = await fetchJars(release, env)
    expect(await readdir(directory)).toContain('broker.jar')
    expect(jarsCached(release, env)).toBe(true)
    await installMaven('exit 1')
    expect(await fetchJars(release, env)).toBe(directory)
    expect(await calls()).toBe(1)
  })

  it('asks Maven once for two starts at a time', async () => {
    await installMaven(copyOneJar)
    const [one, two] = await Promise.all([fetchJars(release, env), fetchJars(release, env)])
    expect(one).toBe(two)
    expect(await calls()).toBe(1)
  })

  it('leaves nothing behind that looks like jars when Maven fails, and says what Maven said', async () => {
    await installMaven('echo "no network"; exit 1')
    await expect(fetchJars(release, env)).rejects.toThrow('Maven could not fetch the jars of Kafka 4.3.1: no network')
    expect(jarsCached(release, env)).toBe(false)
    expect(await readdir(join(home, 'cache'))).toEqual([])
  })
})
