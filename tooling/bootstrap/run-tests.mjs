// `npm test`: every check and every suite, and one line at the end that sums them up.
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { countRun, describeTotals } from './count-tests.mjs'
import { root } from './tools.mjs'

const reports = join(root, 'node_modules', '.cache', 'test-reports')
const runs = join(root, '.turbo', 'runs')

// Real brokers are sensitive to a busy machine, so they come last and alone.
const phases = [['check', 'check:published', 'test'], ['test:e2e']]

/** @param {string} folder */
function readJson(folder) {
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'))
  return files.flatMap((name) => {
    try {
      return [{ name, content: JSON.parse(readFileSync(join(folder, name), 'utf8')) }]
    } catch {
      // What was cut off in the middle is as good as missing, and what is missing counts as failed.
      return []
    }
  })
}

/** @param {(args: string[], env: NodeJS.ProcessEnv) => Promise<number>} runTurbo @param {string[]} rest more arguments for turbo */
export async function runTests(runTurbo, rest) {
  for (const folder of [reports, runs]) {
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true })
  }
  let exitCode = 0
  for (const phase of phases) {
    exitCode = (await runTurbo([...phase, '--continue=always', '--summarize', ...rest], { TEST_REPORTS: reports })) || exitCode
  }
  // Who asks for a part (`npm test -- --filter=...`) may leave a phase without work.
  const expectedRuns = rest.length === 0 ? phases.length : 1
  const totals = countRun(
    readJson(runs).map(({ content }) => content),
    new Map(readJson(reports).map(({ name, content }) => [name, content])),
    expectedRuns,
  )
  if (exitCode !== 0 && totals.failed === 0) totals.fail('turbo', `ended with exit code ${exitCode}`)
  console.log(describeTotals(totals))
  return totals.failed === 0 ? 0 : 1
}
