import { createHash, randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Environment } from './environment.ts'
import type { Release } from './release.ts'
import { runCommand } from './run-command.ts'

/** Where jars are kept between runs: `KAFKA_JARS_DIR`, or `kafka-jars` in the user's cache directory. */
export const jarsRoot = (env: Environment = process.env): string =>
  env.KAFKA_JARS_DIR || join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'kafka-jars')

/** The Maven project that names the jars of one release. */
export const pomOf = (release: Release): string => {
  const coordinate = (text: string, ...names: string[]): string =>
    text
      .split(':')
      .map((part, index) => `<${names[index]}>${part}</${names[index]}>`)
      .join('')
  const exclusions = release.exclusions.map((each) => `<exclusion>${coordinate(each, 'groupId', 'artifactId')}</exclusion>`).join('')
  const dependencies = release.dependencies.map(
    (each) =>
      `<dependency>${coordinate(each, 'groupId', 'artifactId', 'version')}${exclusions && `<exclusions>${exclusions}</exclusions>`}</dependency>`,
  )
  return [
    '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>',
    '<groupId>kafka</groupId><artifactId>broker</artifactId><version>1</version>',
    `<dependencies>${dependencies.join('\n')}</dependencies></project>`,
  ].join('\n')
}

/** The directory of a release's jars; its name follows the list of jars, so that a changed list is fetched anew. */
export const jarsDirectory = (release: Release, env: Environment = process.env): string => {
  const digest = createHash('sha256').update(pomOf(release)).digest('hex').slice(0, 8)
  return join(jarsRoot(env), `${release.version}-${digest}`)
}

/** True when a start of this release needs neither Maven nor the network. */
export const jarsCached = (release: Release, env: Environment = process.env): boolean => existsSync(jarsDirectory(release, env))

const underWay = new Map<string, Promise<string>>()

/** Returns the directory of a release's jars, after Maven has copied them there if they were missing. */
export const fetchJars = (release: Release, env: Environment = process.env): Promise<string> => {
  const directory = jarsDirectory(release, env)
  if (existsSync(directory)) return Promise.resolve(directory)
  const running = underWay.get(directory)
  if (running !== undefined) return running
  const copying = copyJars(release, directory, env).finally(() => underWay.delete(directory))
  underWay.set(directory, copying)
  return copying
}

const copyJars = async (release: Release, directory: string, env: Environment): Promise<string> => {
  // Copied aside and renamed at the end: a directory that exists is complete, also when several processes fetch at once.
  const aside = `${directory}.${randomUUID()}`
  try {
    await mkdir(aside, { recursive: true })
    await writeFile(join(aside, 'pom.xml'), pomOf(release))
    const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${aside}`]
    const { code, stdout, stderr } = await runCommand('mvn', ['-q', '-B', '-f', join(aside, 'pom.xml'), ...goal], {
      env,
      timeoutMs: 600_000,
    })
    if (code !== 0)
      throw new Error(`Maven could not fetch the jars of Kafka ${release.version}: ${`${stdout}${stderr}`.trim().slice(-2000)}`)
    await rename(aside, directory).catch((error: unknown) => {
      if (!existsSync(directory)) throw error
    })
    return directory
  } finally {
    await rm(aside, { recursive: true, force: true })
  }
}
