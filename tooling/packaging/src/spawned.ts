import { spawn } from 'node:child_process'

export interface Outcome {
  exitCode: number | null
  output: string
}

// What npm and pnpm tell the scripts that they run would be taken for configuration by the npm and pnpm that we start.
const environment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(?:npm_|pnpm_|NODE_OPTIONS|TEST_REPORTS|VITEST)/i.test(name)),
)

/** Runs a program to its end without blocking this process, whose cluster it may be talking to. */
export function runToEnd(command: string, args: readonly string[], cwd: string, timeoutMs = 120_000): Promise<Outcome> {
  // npm, npx and pnpm are command scripts on Windows, which only a shell can start.
  const shell = process.platform === 'win32' && !command.endsWith('.exe')
  const quoted = shell ? args.map((arg) => `"${arg}"`) : args
  return new Promise((resolve, reject) => {
    const child = spawn(command, quoted, {
      cwd,
      env: environment,
      shell,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text))
    child.on('error', reject)
    child.on('close', (exitCode) => resolve({ exitCode, output }))
  })
}

/** Like runToEnd, for what must succeed before anything can be tested. */
export async function runOrThrow(command: string, args: readonly string[], cwd: string): Promise<string> {
  const { exitCode, output } = await runToEnd(command, args, cwd, 300_000)
  if (exitCode !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${exitCode}:\n${output}`)
  return output
}
