import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { canDevelop, pnpmVersion } from '../tools.mjs'

it.each(['22.22.0', '24.11.0', '24.21.0', '26.0.0', '27.1.0'])('develops on Node %s itself', (version) => {
  expect(canDevelop(version)).toBe(true)
})

it.each(['20.19.0', '22.21.1', '23.11.0', '24.10.0', '25.2.0'])('fetches another Node than %s', (version) => {
  expect(canDevelop(version)).toBe(false)
})

it('pins the pnpm that package.json names', () => {
  const { packageManager } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'))
  expect(packageManager).toBe(`pnpm@${pnpmVersion}`)
})
