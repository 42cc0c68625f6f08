import { describe, expect, it } from 'vitest'
import { countRun, describeTotals } from '../count-tests.mjs'

const task = (taskId: string, exitCode: number | undefined, command = 'vitest run') => ({
  taskId,
  task: taskId.split('#')[1]!,
  directory: `packages/${taskId.split('#')[0]}`,
  command,
  execution: exitCode === undefined ? {} : { exitCode },
})

const report = (
  passed: number,
  failedNames: string[] = [],
  pending = 0,
  files = [{ status: failedNames.length > 0 ? 'failed' : 'passed', message: '' }],
) => ({
  numPassedTests: passed,
  numPendingTests: pending,
  numTodoTests: 0,
  testResults: files.map((file) => ({
    ...file,
    name: 'a.test.ts',
    assertionResults: failedNames.map((fullName) => ({ fullName, status: 'failed' })),
  })),
})

const lastLine = (tasks: ReturnType<typeof task>[], reports: Record<string, ReturnType<typeof report>>, expectedRuns = 1) =>
  describeTotals(countRun([{ tasks }], new Map(Object.entries(reports)), expectedRuns))
    .split('\n')
    .at(-1)

describe('the sum of a test run', () => {
  it('adds the cases of suites and counts every check as one', () => {
    const tasks = [task('a#test', 0), task('b#test:e2e', 0), task('a#check', 0, 'tsc'), task('a#build', 0, 'tsup')]
    expect(lastLine(tasks, { 'a.json': report(3), 'b.json': report(4) })).toBe('8 passed, 0 failed')
  })

  it('names skipped cases only where there are any', () => {
    expect(lastLine([task('a#test', 0)], { 'a.json': report(3, [], 2) })).toBe('3 passed, 0 failed, 2 skipped')
  })

  it('counts each failed case once', () => {
    expect(lastLine([task('a#test', 1)], { 'a.json': report(3, ['x', 'y']) })).toBe('3 passed, 2 failed')
  })

  it('counts a failed check', () => {
    expect(lastLine([task('a#check', 2, 'tsc')], {})).toBe('0 passed, 1 failed')
  })

  it('counts a file that could not be loaded', () => {
    expect(lastLine([task('a#test', 1)], { 'a.json': report(3, [], 0, [{ status: 'failed', message: 'SyntaxError' }]) })).toBe(
      '3 passed, 1 failed',
    )
  })

  it('counts a suite that failed although all its cases passed', () => {
    expect(lastLine([task('a#test', 1)], { 'a.json': report(3) })).toBe('3 passed, 1 failed')
  })

  it('counts a suite that left no report as failed, whatever its exit code', () => {
    expect(lastLine([task('a#test', 0)], {})).toBe('0 passed, 1 failed')
  })

  it('counts a suite without a test file as failed', () => {
    expect(lastLine([task('a#test', 0)], { 'a.json': report(0, [], 0, []) })).toBe('0 passed, 1 failed')
  })

  it('counts a task that never ran as failed', () => {
    expect(lastLine([task('a#check', undefined, 'tsc')], {})).toBe('0 passed, 1 failed')
  })

  it('counts a build that failed', () => {
    expect(lastLine([task('a#build', 1, 'tsup')], {})).toBe('0 passed, 1 failed')
  })

  it('counts a phase that ran nothing as failed', () => {
    expect(lastLine([task('a#test', 0)], { 'a.json': report(1) }, 2)).toBe('1 passed, 1 failed')
  })

  it('leaves out packages that do not have the verb', () => {
    expect(lastLine([task('a#test', undefined, '<NONEXISTENT>')], {})).toBe('0 passed, 0 failed')
  })
})
