import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { readSpecification, type Specification } from './specification.ts'

const run = promisify(execFile)
const MAVEN_TIMEOUT_MS = 300_000
/** The release that the declarations follow, and the one that still has what 4.0 removed. */
export const CURRENT = '4.4.0'
export const LAST_WITH_OLD_VERSIONS = '3.9.2'

/** The environment variables that are read here; `process.env` fits. */
export type Environment = Readonly<Record<string, string | undefined>>

/** The artifacts that hold messages. The records of internal topics have artifacts of their own since 4.0. */
export function artifactsOf(version: string): readonly string[] {
  const major = Number.parseInt(version, 10)
  return major < 4 ? ['kafka-clients'] : ['kafka-clients', 'kafka-group-coordinator', 'kafka-transaction-coordinator']
}

/** Where specifications are kept between runs: `KAFKA_SPECIFICATION_DIR`, or a folder in the user's cache. */
export function cacheFolder(env: Environment = process.env): string {
  return env.KAFKA_SPECIFICATION_DIR || join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'kafka-specification')
}

async function maven(args: readonly string[], cwd: string, env: Environment): Promise<void> {
  // On Windows Maven is a command file, which only a shell can start.
  await run('mvn', args, { cwd, env: { ...env }, shell: process.platform === 'win32', timeout: MAVEN_TIMEOUT_MS, maxBuffer: 2 ** 24 })
}

/** Why the specification of a version cannot be had here, in one line; undefined when it can. */
export async function whyUnavailable(versions: readonly string[], env: Environment = process.env): Promise<string | undefined> {
  if (versions.every((version) => existsSync(join(cacheFolder(env), version)))) return undefined
  try {
    await maven(['-version'], '.', env)
    return undefined
  } catch {
    return "Maven was not found, which fetches Kafka's message specification. Install Java and Maven."
  }
}

function pomOf(version: string): string {
  // What the artifacts need to run is of no use here.
  const exclusions = '<exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions>'
  const dependencies = artifactsOf(version).map(
    (artifact) =>
      `<dependency><groupId>org.apache.kafka</groupId><artifactId>${artifact}</artifactId><version>${version}</version>${exclusions}</dependency>`,
  )
  return [
    '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>',
    '<groupId>kafka</groupId><artifactId>specification</artifactId><version>1</version>',
    `<dependencies>${dependencies.join('\n')}</dependencies></project>`,
  ].join('\n')
}

async function unpack(version: string, folder: string, env: Environment): Promise<void> {
  // Unpacked aside and renamed at the end: a folder that exists is complete.
  const aside = `${folder}.${randomUUID()}`
  try {
    await mkdir(aside, { recursive: true })
    await writeFile(join(aside, 'pom.xml'), pomOf(version))
    const options = ['-Dmdep.unpack.includes=common/message/*.json', '-Dmdep.useSubDirectoryPerArtifact=true', '-DoutputDirectory=unpacked']
    await maven(['-q', '-B', 'dependency:unpack-dependencies', ...options], aside, env)
    await rename(join(aside, 'unpacked'), folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error
    })
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    const said = `${stdout}${stderr}`.trim().slice(-2000) || (error as Error).message
    throw new Error(`Maven could not fetch the message specification of Kafka ${version}: ${said}`, { cause: error })
  } finally {
    await rm(aside, { recursive: true, force: true })
  }
}

/** The specification of a version of Kafka, fetched by Maven unless it is in the cache. */
export async function fetchSpecification(version: string, env: Environment = process.env): Promise<Specification> {
  if (!/^\d+\.\d+\.\d+$/.test(version)) throw new Error(`'${version}' is no version of Kafka, such as ${CURRENT}`)
  const folder = join(cacheFolder(env), version)
  if (!existsSync(folder)) await unpack(version, folder, env)
  const folders = artifactsOf(version).map((artifact) => join(folder, `${artifact}-${version}-jar`, 'common', 'message'))
  return readSpecification(version, folders)
}
