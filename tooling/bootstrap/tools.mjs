// The exactly pinned tools. Runs on any Node from 20 on, without dependencies.
import { exec } from 'node:child_process'
import { delimiter, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

export const root = fileURLToPath(new URL('../../', import.meta.url))
export const pnpmVersion = '12.21.0'
export const nodeVersion = '24.21.0'

/**
 * What the tools of this workspace need: 22.22+, 24.11+ or 26+.
 * @param {string} version
 */
export function canDevelop(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return (major === 22 && minor >= 22) || (major === 24 && minor >= 11) || major >= 26
}

/** The environment in which `node` and `pnpm` are the pinned ones, taken from the npm registry once and from npm's cache afterwards. */
export async function pinnedEnvironment() {
  const packages = canDevelop(process.versions.node) ? [] : [`node@${nodeVersion}`]
  packages.push(`pnpm@${pnpmVersion}`)
  const patience = setTimeout(() => console.log(`Fetching ${packages.join(' and ')} ...`), 1500)
  const { node, path } = await askNpx(packages).finally(() => clearTimeout(patience))
  /** @type {NodeJS.ProcessEnv} */
  const env = { ...process.env, TURBO_TELEMETRY_DISABLED: '1' }
  // Windows spells it Path, and two spellings in one environment would be two variables.
  for (const name of Object.keys(env)) if (name.toUpperCase() === 'PATH') delete env[name]
  env.PATH = [dirname(node), path].join(delimiter)
  return { node, env }
}

/** @param {string[]} packages */
async function askNpx(packages) {
  const wanted = packages.flatMap((name) => ['-p', name])
  const command = ['npx', '-y', ...wanted, '-c', '"node tooling/bootstrap/where.mjs"'].join(' ')
  try {
    const { stdout } = await promisify(exec)(command, { cwd: root })
    return JSON.parse(stdout.slice(stdout.lastIndexOf('{')))
  } catch (error) {
    throw new Error(`Could not get ${packages.join(' and ')} from the npm registry. ${error instanceof Error ? error.message : error}`)
  }
}
