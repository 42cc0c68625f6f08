import zlib from 'node:zlib'
import { type Codec, CompressionRate, gunzip, RecordBatchBuilder } from '@k/protocol'
import { describe, expect, it } from 'vitest'

const gzip: Codec = { id: 1, name: 'gzip', compress: (bytes) => zlib.gzipSync(bytes), decompress: gunzip }

/** A batch of records as services write them: much of each is as in the last. */
function orders(batch: number, records = 150): RecordBatchBuilder {
  const builder = new RecordBatchBuilder()
  for (let i = 0; i < records; i++) {
    const id = batch * records + i
    const order = { id, customer: `customer-${(id * 7919) % 10_007}`, status: id % 3 === 0 ? 'paid' : 'open', amount: (id * 31) % 50_000 }
    builder.append(1_700_000_000_000 + id, `order-${id}`, JSON.stringify(order))
  }
  return builder
}

const sizesOf = (builder: RecordBatchBuilder) => [builder.size, (builder.close({ codec: gzip }) as Buffer).length] as const

describe('the estimate of a compressed size', () => {
  it('is the size itself, and a little more, until something was learned', () => {
    const rate = new CompressionRate()
    expect(rate.rate).toBe(1)
    expect(rate.estimate(61 + 1000)).toBe(61 + 1050)
    expect(rate.estimate(61)).toBe(61)
  })

  it('comes within a tenth of the truth, and never below it, for batches that are alike', () => {
    const rate = new CompressionRate()
    for (let batch = 0; batch < 100; batch++) {
      const [size, compressed] = sizesOf(orders(batch))
      const estimate = rate.estimate(size)
      if (batch >= 50) expect(Math.abs(estimate / compressed - 1.05)).toBeLessThan(0.05)
      expect(estimate).toBeGreaterThanOrEqual(compressed)
      rate.learn(size, compressed)
    }
  })

  it('grows at once where records compress worse, also beyond their own size', () => {
    const rate = new CompressionRate()
    for (let i = 0; i < 100; i++) rate.learn(61 + 1000, 61 + 200)
    expect(rate.rate).toBeCloseTo(0.2)
    rate.learn(61 + 1000, 61 + 1020)
    expect(rate.rate).toBe(1.02)
  })

  it('shrinks slowly: one batch that compresses well says little of the next', () => {
    const rate = new CompressionRate()
    rate.learn(61 + 1000, 61 + 100)
    expect(rate.rate).toBeCloseTo(0.91)
  })

  it('learns nothing from a batch without records', () => {
    const rate = new CompressionRate()
    rate.learn(61, 81)
    expect(rate.rate).toBe(1)
  })
})
