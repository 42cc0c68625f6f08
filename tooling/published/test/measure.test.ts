import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { protocolSourceInstantiations } from '../budgets.ts'
import { checkBudget, sourceInstantiations } from '../src/measure.ts'

it('is content with what the budget allows', () => {
  expect(checkBudget({ bytes: 10, instantiations: 5 }, { bytes: 10, instantiations: 5 })).toEqual([])
})

it('names what is above the budget', () => {
  expect(checkBudget({ bytes: 11, instantiations: 5 }, { bytes: 10, instantiations: 5 })).toEqual([
    '11 bytes are more than the 10 of tooling/published/budgets.ts',
  ])
})

it('wants a budget for every package', () => {
  expect(checkBudget({ bytes: 11, instantiations: 5 }, undefined)).toHaveLength(1)
})

it('checks the sources of the protocol within their budget', { timeout: 60_000 }, () => {
  const instantiations = sourceInstantiations(fileURLToPath(new URL('../../../packages/protocol', import.meta.url)))
  // Fewer would mean that the declarations were not found.
  expect(instantiations).toBeGreaterThan(5_000)
  expect(instantiations).toBeLessThan(protocolSourceInstantiations)
})
