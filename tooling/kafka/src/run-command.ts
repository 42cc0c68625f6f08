import type { Environment } from './environment.ts'
import { GuardedProcess } from './guarded-process.ts'

export interface CommandOptions {
  env?: Environment
  /** Text for standard input; without it standard input is empty. */
  input?: string
  /** What it is called in errors. Default: the command. */
  name?: string
  /** Default 60,000 ms; then the command is killed and the call rejects. */
  timeoutMs?: number
}

export interface CommandResult {
  code: number
  stdout: string
  stderr: string
}

/** Runs a command to its end and collects what it wrote. A command that does not exist ends with code 127. */
export const runCommand = async (command: string, args: string[], options: CommandOptions = {}): Promise<CommandResult> => {
  const { env = process.env, input, timeoutMs = 60_000 } = options
  const child = await GuardedProcess.start(command, args, { env, stdin: input === undefined ? 'ignore' : 'pipe', output: 'pipe' })
  const { stdin, stdout, stderr } = child.shell
  const out = collect(stdout)
  const err = collect(stderr)
  // A tool that ends before it has read everything breaks the pipe; its exit code tells the story.
  stdin?.on('error', () => {})
  stdin?.end(input)
  const code = await child.waitForExit(timeoutMs)
  if (code === undefined) {
    await child.kill()
    const said = `${await out}${await err}`.trim().slice(-1000)
    throw new Error(`${options.name ?? command} did not end within ${timeoutMs} ms; it wrote: ${said || 'nothing'}`)
  }
  return { code, stdout: await out, stderr: await err }
}

const collect = (stream: NodeJS.ReadableStream | null): Promise<string> =>
  new Promise((resolve) => {
    const chunks: Buffer[] = []
    stream?.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream?.once('close', () => resolve(Buffer.concat(chunks).toString('utf8')))
  })
