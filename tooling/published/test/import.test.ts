import { execFileSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { protocolImportMs } from '../budgets.ts'

const ATTEMPTS = 9

/** Milliseconds that a fresh process spends on importing a built package. */
function importMs(name: string): number {
  const program = `const started = performance.now(); await import('${name}'); console.log(performance.now() - started)`
  const cwd = new URL('..', import.meta.url)
  return Number(execFileSync(process.execPath, ['--input-type=module', '--eval', program], { cwd, encoding: 'utf8' }))
}

it('imports the protocol soon enough', { timeout: 60_000 }, () => {
  // The best of some: a busy machine makes any single one late.
  const best = Math.min(...Array.from({ length: ATTEMPTS }, () => importMs('@k/protocol')))
  expect(best).toBeGreaterThan(0)
  expect(best).toBeLessThan(protocolImportMs)
})
