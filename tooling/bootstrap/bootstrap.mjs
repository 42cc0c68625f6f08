// What `npm run VERB` starts: gets the pinned tools, installs when something changed, and runs the verb.
import { spawn } from 'node:child_process'
import { realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { installOnce } from './install.mjs'
import { runTests } from './run-tests.mjs'
import { pinnedEnvironment, root } from './tools.mjs'

// These have a terminal and arguments of their own, so nothing stands between them and the person.
/** @type {Record<string, string>} */
const programs = {
  demo: 'apps/demo/src/main.ts',
  kafka: 'tooling/kafka/src/cli.ts',
  vectors: 'tooling/vectors/src/cli.ts',
  spec: 'tooling/spec/src/cli.ts',
  fuzz: 'tooling/vectors/src/fuzz-cli.ts',
  simulate: 'apps/e2e/src/simulate/main.ts',
  chaos: 'apps/e2e/src/chaos/main.ts',
}

/** @type {Record<string, string[]>} */
const tasks = {
  build: ['build'],
  check: ['check', 'check:published', '--continue=always'],
  fix: ['fix', 'fix:published', '--continue=always'],
  bench: ['bench'],
  'test:e2e': ['test:e2e', '--output-logs=new-only'],
}

/** @param {string} command @param {string[]} args @param {{ env: NodeJS.ProcessEnv, cwd?: string }} options @returns {Promise<number>} */
function run(command, args, { env, cwd = root }) {
  const child = spawn(command, args, { cwd, env, stdio: 'inherit', shell: process.platform === 'win32' && command === 'pnpm' })
  // Ctrl-C reaches the child by itself, which shares the terminal: it ends in its own way, and nothing is started after it.
  let isStopping = false
  process.on('SIGINT', () => {
    isStopping = true
  })
  process.on('SIGTERM', () => {
    isStopping = true
    child.kill('SIGTERM')
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => (isStopping ? process.exit(code ?? 1) : resolve(code ?? 1)))
  })
}

// The program itself and not the script that starts it, which would not pass on a signal.
function locateTurbo() {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const arch = process.arch === 'x64' ? '64' : process.arch
  const program = process.platform === 'win32' ? 'turbo.exe' : 'turbo'
  return createRequire(realpathSync(join(root, 'node_modules', 'turbo', 'package.json'))).resolve(
    `@turbo/${platform}-${arch}/bin/${program}`,
  )
}

/** @param {string[]} args */
async function main([verb = '', ...rest]) {
  const { node, env } = await pinnedEnvironment()
  // The pinned pnpm, for those who edit a package.json.
  if (verb === 'pnpm') return run('pnpm', rest, { env })
  installOnce(env)
  const turbo = locateTurbo()
  /** @param {string[]} args @param {NodeJS.ProcessEnv} more */
  const runTurbo = (args, more = {}) => run(turbo, ['run', ...args], { env: { ...env, ...more } })
  if (verb === 'test') return runTests(runTurbo, rest)
  const program = programs[verb]
  if (program) return run(node, ['--conditions=@k/source', join(root, program), ...rest], { env, cwd: process.env.INIT_CWD ?? root })
  const task = tasks[verb]
  if (!task)
    throw new Error(`There is no verb '${verb}'. There are: test, ${[...Object.keys(tasks), ...Object.keys(programs)].join(', ')}.`)
  return runTurbo(rest.length > 0 ? [...task, '--', ...rest] : task)
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
