import { expect, it } from 'vitest'
import { describeVersions, versionsOf, within } from '../src/versions.ts'

it('reads the ranges of the specification', () => {
  expect(versionsOf('none')).toEqual([])
  expect(versionsOf('3')).toEqual([3])
  expect(versionsOf('2-4')).toEqual([2, 3, 4])
  expect(within([1, 2, 3, 4], '3+')).toEqual([3, 4])
  expect(within([1, 2, 3, 4], '0-2')).toEqual([1, 2])
  expect(within([1, 2], 'none')).toEqual([])
})

it('refuses what is no range, and versions without an end', () => {
  expect(() => versionsOf('1..2')).toThrow("'1..2' is no range of versions")
  expect(() => versionsOf('1+')).toThrow("'1+' has no end")
})

it('tells versions to people in as few words as they need', () => {
  expect(describeVersions([])).toBe('none')
  expect(describeVersions([0, 1, 2, 5, 7, 8])).toBe('0-2, 5, 7-8')
})
