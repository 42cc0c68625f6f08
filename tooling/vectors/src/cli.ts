import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type FileResult, runFile } from './vector-file.ts'

// pnpm vectors [FILE...]: compares the bytes of the Java client with ours. Without a file: all that are kept here.

const FAILURES_SHOWN = 20
const REASONS_SHOWN = 3
const data = join(import.meta.dirname, '../data')

const sum = (numbers: Iterable<number>) => [...numbers].reduce((total, number) => total + number, 0)

function countsOf(passed: number, failed: number, skipped: number): string {
  return `${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`
}

async function result(path: string): Promise<FileResult> {
  try {
    return await runFile(path)
  } catch (error) {
    return { file: path, passed: 0, failed: [`cannot be read: ${(error as Error).message}`], skipped: new Map() }
  }
}

function firstOf(reasons: string[]): string {
  const more = reasons.length - REASONS_SHOWN
  return reasons.slice(0, REASONS_SHOWN).join('; ') + (more > 0 ? `; and ${more} more` : '')
}

function report({ file, passed, failed, skipped }: FileResult): void {
  const reasons = skipped.size === 0 ? '' : ` (${firstOf([...skipped.keys()])})`
  console.log(`${file}: ${countsOf(passed, failed.length, sum(skipped.values()))}${reasons}`)
  for (const failure of failed.slice(0, FAILURES_SHOWN)) console.log(`  ${failure}`)
  if (failed.length > FAILURES_SHOWN) console.log(`  and ${failed.length - FAILURES_SHOWN} more`)
}

// Some package managers hand on the -- that ends their own options.
const given = process.argv.slice(2).filter((argument) => argument !== '--')
const paths = given.length > 0 ? given : readdirSync(data).map((name) => join(data, name))
const results: FileResult[] = []
for (const path of paths.toSorted()) {
  const one = await result(path)
  report(one)
  results.push(one)
}
const failed = sum(results.map((one) => one.failed.length))
console.log(countsOf(sum(results.map((one) => one.passed)), failed, sum(results.map((one) => sum(one.skipped.values())))))
process.exitCode = failed === 0 ? 0 : 1
