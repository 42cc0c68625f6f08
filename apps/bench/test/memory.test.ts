import { expect, it } from 'vitest'
import { measureGrowth } from '../src/memory.ts'

it('holds little more than bufferMemory, however much is handed in to a broker that throttles', { timeout: 60_000 }, async () => {
  const { before, most, allowed, waits } = await measureGrowth(0.1)
  expect(waits).toBeGreaterThan(10)
  expect(most - before).toBeLessThanOrEqual(allowed)
})
