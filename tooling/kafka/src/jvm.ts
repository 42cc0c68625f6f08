import { join } from 'node:path'
import type { Environment } from './environment.ts'
import { runCommand } from './run-command.ts'

/** The java command: that of `JAVA_HOME`, or the one on the path. */
export const javaCommand = (env: Environment = process.env): string => (env.JAVA_HOME ? join(env.JAVA_HOME, 'bin', 'java') : 'java')

// Small and quick to start: the full compiler and the parallel collector pay off long after a test has ended.
const quick = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']

/** JVM arguments of a broker: 150 MB of memory in use when idle. */
export const brokerJvm: string[] = ['-Xms32m', '-Xmx256m', ...quick]

/** JVM arguments of a ZooKeeper server. */
export const zookeeperJvm: string[] = ['-Xmx128m', ...quick, '-Dzookeeper.jmx.log4j.disable=true']

/** JVM arguments of a console tool; UTF-8 whatever the locale says. */
export const toolJvm: string[] = ['-Xmx256m', ...quick, '-Dfile.encoding=UTF-8', '-Dstdout.encoding=UTF-8']

/** The classpath of a directory of jars; java expands the star itself. */
export const classpath = (jars: string): string[] => ['-cp', join(jars, '*')]

/** What the installed Java says of its version, or undefined when there is none. */
export const javaVersion = async (env: Environment = process.env): Promise<string | undefined> => {
  const { code, stderr } = await runCommand(javaCommand(env), ['-version'], { env, timeoutMs: 20_000 })
  return code === 0 ? stderr : undefined
}

/** The major version of the installed Java, or undefined when there is none. */
export const javaMajorVersion = async (env: Environment = process.env): Promise<number | undefined> => {
  const [, first, second] = /version "(\d+)(?:\.(\d+))?/.exec((await javaVersion(env)) ?? '') ?? []
  // Java 8 and older call themselves 1.8.
  return Number(first === '1' ? second : first) || undefined
}
