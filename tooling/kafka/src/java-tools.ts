import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Environment } from './environment.ts'
import { fetchJars } from './jars.ts'
import { classpath, javaCommand, toolJvm } from './jvm.ts'
import { logArgument, logConfig } from './log-config.ts'
import type { ToolOptions } from './options.ts'
import type { Release } from './release.ts'
import { type CommandResult, runCommand } from './run-command.ts'

/** Runs a console tool of a release with Java; its log goes to standard error. */
export const runJavaTool = async (
  release: Release,
  env: Environment,
  className: string,
  args: readonly string[],
  options: ToolOptions = {},
): Promise<CommandResult> => {
  const jars = await fetchJars(release, env)
  const logFile = join(jars, 'tool-log.properties')
  if (!existsSync(logFile)) await writeFile(logFile, logConfig(release.logging, 'WARN', 'stderr'))
  const jvm = [...toolJvm, logArgument(release.logging, logFile), ...classpath(jars)]
  // Without a UTF-8 locale Java cannot read arguments beyond ASCII.
  return runCommand(javaCommand(env), [...jvm, className, ...args], { env: { ...env, LC_ALL: 'C.UTF-8' }, name: className, ...options })
}
