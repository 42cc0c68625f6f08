import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { archiveArguments } from './class-archive.ts'
import type { Environment } from './environment.ts'
import { GuardedProcess } from './guarded-process.ts'
import { fetchJars } from './jars.ts'
import { classpath, javaCommand, toolJvm } from './jvm.ts'
import { logArgument, logConfig } from './log-config.ts'
import type { ToolOptions } from './options.ts'
import type { Release } from './release.ts'
import { type CommandResult, runCommand } from './run-command.ts'

/** Everything behind `java` that runs a console tool of a release. */
const commandLine = async (release: Release, env: Environment, className: string, args: readonly string[]): Promise<string[]> => {
  const jars = await fetchJars(release, env)
  const logFile = join(jars, 'tool-log.properties')
  if (!existsSync(logFile)) await writeFile(logFile, logConfig(release.logging, 'WARN', 'stderr'))
  const archive = await archiveArguments(jars, env)
  return [...toolJvm, ...archive, logArgument(release.logging, logFile), ...classpath(jars), className, ...args]
}

// Without a UTF-8 locale Java cannot read arguments beyond ASCII.
const utf8 = { LC_ALL: 'C.UTF-8' }

/** Runs a console tool of a release with Java; its log goes to standard error. */
export const runJavaTool = async (
  release: Release,
  env: Environment,
  className: string,
  args: readonly string[],
  options: ToolOptions = {},
): Promise<CommandResult> => {
  const line = await commandLine(release, env, className, args)
  return runCommand(javaCommand(env), line, { env: { ...env, ...utf8 }, name: className, ...options })
}

/** Starts a console tool that runs until it is told to end. */
export const startJavaTool = async (
  release: Release,
  env: Environment,
  className: string,
  args: readonly string[],
): Promise<GuardedProcess> => {
  const line = await commandLine(release, env, className, args)
  return GuardedProcess.start(javaCommand(env), line, { env: { ...env, ...utf8 }, output: 'pipe' })
}
