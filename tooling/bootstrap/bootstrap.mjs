// What `npm run VERB` starts: gets the pinned tools, installs when something changed, and runs the verb.
import { spawn } from 'node:child_process'
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
  // Both are in the terminal's group: the child ends by itself, and we wait for it to tell its exit code.
  process.on('SIGINT', () => {})
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve(code ?? 1))
  })
}

/** @param {string[]} args */
async function main([verb = '', ...rest]) {
  const { node, env } = await pinnedEnvironment()
  // The pinned pnpm, for those who edit a package.json.
  if (verb === 'pnpm') return run('pnpm', rest, { env })
  installOnce(env)
  const turbo = join(root, 'node_modules', 'turbo', 'bin', 'turbo')
  /** @param {string[]} args @param {NodeJS.ProcessEnv} more */
  const runTurbo = (args, more = {}) => run(node, [turbo, 'run', ...args], { env: { ...env, ...more } })
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
