import { createHash, randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Environment } from './environment.ts'
import { javaVersion } from './jvm.ts'

// An archive that does not fit is left aside; nobody needs to hear of it, least of all on the standard output of a tool.
const silence = ['-Xlog:cds=off', '-Xlog:cds+dynamic=off']

const versions = new Map<string, Promise<string | undefined>>()

/** The version of a Java, which is asked once. */
const versionOf = (env: Environment): Promise<string | undefined> => {
  const key = `${env.JAVA_HOME} ${env.PATH}`
  const version = versions.get(key) ?? javaVersion(env)
  versions.set(key, version)
  return version
}

/** The file of the classes of a directory of jars as this Java lays them out in memory; another Java has another one. */
const archiveOf = async (jars: string, env: Environment): Promise<string> => {
  const version = (await versionOf(env)) ?? 'none'
  return join(jars, `classes-${createHash('sha256').update(version).digest('hex').slice(0, 8)}.jsa`)
}

/** JVM arguments with which brokers and tools start in two thirds of the time (class data sharing); none where no archive was made. */
export const archiveArguments = async (jars: string, env: Environment): Promise<string[]> => {
  const archive = await archiveOf(jars, env)
  return existsSync(archive) ? [`-XX:SharedArchiveFile=${archive}`, ...silence] : []
}

const made = new Map<string, Promise<void>>()

/**
 * Makes the archive of a directory of jars if there is none. Where that fails, all goes on without.
 * @param runBroker - runs a broker with these JVM arguments to its orderly end
 */
export const makeArchive = async (jars: string, env: Environment, runBroker: (jvmArguments: string[]) => Promise<void>): Promise<void> => {
  const archive = await archiveOf(jars, env)
  let making = made.get(archive)
  if (making === undefined) {
    making = existsSync(archive) ? Promise.resolve() : recordTo(archive, runBroker).catch(() => {})
    made.set(archive, making)
  }
  await making
}

const recordTo = async (archive: string, runBroker: (jvmArguments: string[]) => Promise<void>): Promise<void> => {
  // Written aside and renamed at the end: a JVM that reads half an archive crashes.
  const aside = `${archive}.${randomUUID()}`
  try {
    await runBroker([`-XX:ArchiveClassesAtExit=${aside}`, ...silence])
    await rename(aside, archive)
  } finally {
    await rm(aside, { force: true })
  }
}
