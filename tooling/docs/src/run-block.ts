import { spawn } from 'node:child_process'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

const vitest = fileURLToPath(new URL('../../../node_modules/vitest/vitest.mjs', import.meta.url))
// A vitest of its own must not take itself for a worker of ours.
const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(?:VITEST|TEST|NODE_ENV)/.test(name)))

export interface BlockOutcome {
  /** Undefined when it would not have ended by itself and was stopped after its last expected line. */
  exitCode: number | null | undefined
  /** What it should have printed and did not. */
  missing: string[]
  output: string
}

/** Runs a program until it ends, or until it has printed all that is expected of one that never ends. */
export function runBlock(
  node: string,
  file: string,
  prints: readonly string[],
  { graceMs = 1500, timeoutMs = 30_000, isVitest = false } = {},
): Promise<BlockOutcome> {
  const args = isVitest ? [vitest, 'run', '--root', dirname(file), '--no-color', file] : [file]
  const child = spawn(node, args, { env: environment, stdio: ['ignore', 'pipe', 'pipe'], timeout: timeoutMs, killSignal: 'SIGKILL' })
  const missing = [...prints]
  let output = ''
  let unread = ''
  let grace: NodeJS.Timeout | undefined
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
    const lines = (unread + text).split('\n')
    unread = lines.pop()!
    for (const line of lines) if (missing.length > 0 && line.includes(missing[0]!)) missing.shift()
    if (missing.length === 0 && prints.length > 0) grace ??= setTimeout(() => child.kill('SIGKILL'), graceMs)
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (exitCode, signal) => {
      clearTimeout(grace)
      const stopped = signal === 'SIGKILL' && grace !== undefined
      resolve({ exitCode: stopped ? undefined : exitCode, missing, output })
    })
  })
}
