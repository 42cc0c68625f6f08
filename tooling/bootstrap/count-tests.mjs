// Adds up what turbo ran and what vitest reported. A suite counts by its cases, any other task as one case.
const suites = new Set(['test', 'test:e2e'])
const helpers = new Set(['build'])

export class Totals {
  passed = 0
  failed = 0
  skipped = 0
  /** @type {string[]} */
  failures = []

  /** @param {string} where @param {string} what */
  fail(where, what) {
    this.failed++
    this.failures.push(`${where}: ${what}`)
  }
}

/** @typedef {{ taskId: string, task: string, directory: string, command: string, execution?: { exitCode?: number | null } }} Task */
/** @typedef {{ numPassedTests: number, numPendingTests: number, numTodoTests: number, testResults: { name: string, status: string, message: string, assertionResults: { fullName: string, status: string }[] }[] }} Report */

/**
 * A suite that left no report, a task that never ran and a phase without a summary all count as failures: silence is never success.
 * @param {{ tasks: Task[] }[]} runs
 * @param {Map<string, Report>} reports by file name, which is the name of the suite's folder
 * @param {number} expectedRuns how many of them must have run something
 */
export function countRun(runs, reports, expectedRuns) {
  const totals = new Totals()
  const ran = runs.filter(({ tasks }) => tasks.length > 0)
  for (let missing = ran.length; missing < expectedRuns; missing++) totals.fail('turbo', 'a part of the run did nothing')
  for (const task of runs.flatMap(({ tasks }) => tasks)) {
    if (task.command === '<NONEXISTENT>') continue
    const exitCode = task.execution?.exitCode
    if (suites.has(task.task)) countSuite(totals, task, reports.get(`${folderOf(task)}.json`))
    else if (exitCode === 0) totals.passed += helpers.has(task.task) ? 0 : 1
    else if (exitCode !== undefined || !helpers.has(task.task)) totals.fail(task.taskId, describeExit(exitCode))
  }
  return totals
}

/** @param {Totals} totals @param {Task} task @param {Report | undefined} report */
function countSuite(totals, task, report) {
  const exitCode = task.execution?.exitCode
  if (!report) return totals.fail(task.taskId, `left no report (${describeExit(exitCode)})`)
  const failedBefore = totals.failed
  totals.passed += report.numPassedTests
  totals.skipped += report.numPendingTests + report.numTodoTests
  for (const file of report.testResults) {
    const failed = file.assertionResults.filter(({ status }) => status === 'failed')
    for (const { fullName } of failed) totals.fail(task.taskId, fullName)
    if (file.status === 'failed' && failed.length === 0) totals.fail(task.taskId, `${file.name}: ${file.message.split('\n')[0]}`)
  }
  if (report.testResults.length === 0) totals.fail(task.taskId, 'ran no test file')
  else if (exitCode !== 0 && totals.failed === failedBefore) totals.fail(task.taskId, describeExit(exitCode))
}

/** @param {Task} task */
function folderOf(task) {
  return task.directory.split(/[\\/]/).at(-1)
}

/** @param {number | null | undefined} exitCode */
function describeExit(exitCode) {
  return exitCode === undefined || exitCode === null ? 'did not run to its end' : `exit code ${exitCode}`
}

/** @param {Totals} totals */
export function describeTotals({ passed, failed, skipped, failures }) {
  const list = failures.length > 0 ? `\nFailed:\n${failures.map((line) => `  ${line}\n`).join('')}\n` : '\n'
  return `${list}${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
}
