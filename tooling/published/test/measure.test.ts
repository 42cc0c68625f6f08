import { expect, it } from 'vitest'
import { checkBudget } from '../src/measure.ts'

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
