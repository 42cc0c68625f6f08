import { dockerAnswers } from './docker-engine.ts'
import { type Environment, givenAddress } from './environment.ts'
import { jarsCached } from './jars.ts'
import { javaMajorVersion } from './jvm.ts'
import type { Way } from './options.ts'
import type { Release } from './release.ts'
import { runCommand } from './run-command.ts'

const oldestJava = 17

/** What is asked of a machine to choose a way. */
export interface Machine {
  platform: NodeJS.Platform
  dockerAnswers(env: Environment): Promise<boolean>
  /** Undefined when there is no Java. */
  javaMajorVersion(env: Environment): Promise<number | undefined>
  hasMaven(env: Environment): Promise<boolean>
  jarsCached(release: Release, env: Environment): boolean
}

/** The machine that this process runs on. */
export const thisMachine: Machine = {
  platform: process.platform,
  dockerAnswers,
  javaMajorVersion,
  hasMaven: async (env) => (await runCommand('mvn', ['-version'], { env })).code === 0,
  jarsCached,
}

/** A way that is possible, or one line that says why none is and what to install. */
export type Choice = { way: Way; missing?: undefined } | { way?: undefined; missing: string }

/** Says why Java cannot run this release here; undefined when it can. */
export const whyNotJava = async (release: Release, env: Environment, machine: Machine = thisMachine): Promise<string | undefined> => {
  if (machine.platform === 'win32') return 'starting Kafka with Java does not work on Windows'
  const java = await machine.javaMajorVersion(env)
  if (java === undefined) return 'Java was not found'
  if (java < oldestJava) return `the installed Java is ${java}, older than ${oldestJava}`
  // Jars that are there need no Maven.
  if (machine.jarsCached(release, env) || (await machine.hasMaven(env))) return undefined
  return 'Maven was not found'
}

const whyNotDocker = async (release: Release, env: Environment, machine: Machine): Promise<string | undefined> => {
  if (release.dockerImage === undefined) return `there is no Docker image of Kafka ${release.version}`
  return (await machine.dockerAnswers(env)) ? undefined : 'no Docker engine answers'
}

const advice = `set KAFKA_BOOTSTRAP_SERVERS to brokers that run, or start Docker, or install Java ${oldestJava} or newer and Maven`

/** Chooses how to get at a cluster: the address, else Docker, else Java; `KAFKA_WAY` or `forced` allows one of them only. */
export const chooseWay = async (release: Release, env: Environment, forced?: Way, machine: Machine = thisMachine): Promise<Choice> => {
  const only = forced ?? env.KAFKA_WAY
  const reasons: string[] = []
  const ways: [Way, () => Promise<string | undefined>][] = [
    ['address', async () => (givenAddress(env) ? undefined : 'KAFKA_BOOTSTRAP_SERVERS is not set')],
    ['docker', () => whyNotDocker(release, env, machine)],
    ['java', () => whyNotJava(release, env, machine)],
  ]
  for (const [way, whyNot] of ways) {
    if (only && only !== way) continue
    const reason = await whyNot()
    if (reason === undefined) return { way }
    reasons.push(reason)
  }
  if (reasons.length === 0) return { missing: `There is no way called ${only}: choose address, docker or java.` }
  return { missing: `Kafka ${release.version} cannot be started: ${reasons.join(', ')}. To mend it, ${advice}.` }
}
