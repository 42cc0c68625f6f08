import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** Runs an example to its end and returns the lines that it printed. @throws where it fails, or says anything on standard error */
export async function runExample(name: string, environment: Readonly<Record<string, string>> = {}): Promise<string[]> {
  const file = fileURLToPath(new URL(`../../src/${name}.ts`, import.meta.url))
  const { KAFKA_BOOTSTRAP_SERVERS: _, ...rest } = process.env
  const env = { ...rest, NODE_NO_WARNINGS: '1', ...environment }
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--conditions=@k/source', file], { env, timeout: 60_000 })
  if (stderr !== '') throw new Error(`${name} complains: ${stderr}`)
  return stdout.split('\n').slice(0, -1)
}
