import { describe, expect, it, vi } from 'vitest'
import { Deserialization } from '../src/deserialization.ts'
import type { Chunk } from '../src/fetched-partition.ts'
import { batchOf, fetchable, fetched, numbers } from './support/batches.ts'

const chunkOf = (count: number) => fetched(fetchable(), batchOf(numbers(0, count))).take(500) as Chunk
const refuseOdd = (bytes: Buffer) => {
  if (Number(bytes) % 2 === 1) throw new Error('odd')
  return Number(bytes)
}

describe('Deserialization', () => {
  it('answers at once where nothing takes time, and leaves Buffers alone where there is no deserializer', () => {
    const chunk = chunkOf(3)
    expect(new Deserialization(undefined, undefined, 'fail').apply(chunk)).toBe(chunk)
    const made = new Deserialization(undefined, Number, 'fail').apply(chunkOf(3))
    expect((made as Chunk<Buffer, number>).records.map(({ value }) => value)).toEqual([0, 1, 2])
  })

  it('keeps undefined as the value it is', () => {
    const made = new Deserialization(undefined, () => undefined, 'fail').apply(chunkOf(1)) as Chunk<Buffer, undefined>
    expect(made.records[0]!.value).toBeUndefined()
  })

  it('cuts the chunk off before what fails, with the error at its end', async () => {
    const made = await new Deserialization(undefined, refuseOdd, 'fail').apply(chunkOf(4))
    expect(made.records.map(({ offset }) => offset)).toEqual([0])
    expect([made.endOffset, made.error]).toEqual([1, expect.objectContaining({ code: 'DESERIALIZATION_FAILED', offset: 1 })])
  })

  it('says which half was refused', async () => {
    const refuse = () => {
      throw new Error('no')
    }
    const chunk = chunkOf(1)
    expect((await new Deserialization(undefined, refuse, 'fail').apply(chunk)).error?.message).toContain('valueDeserializer')
    const asynchronous = async () => refuse()
    expect((await new Deserialization(undefined, asynchronous, 'fail').apply(chunkOf(1))).error?.message).toContain('valueDeserializer')
  })

  it('leaves out what is to be skipped; the position still ends behind it', async () => {
    const made = await new Deserialization(undefined, refuseOdd, 'skip').apply(chunkOf(4))
    expect(made.records.map(({ value }) => value)).toEqual([0, 2])
    expect([made.endOffset, made.error]).toEqual([4, undefined])
  })

  it('asks about each failure in order, and stops at the first that is to fail', async () => {
    const decide = vi.fn(async ({ offset }: { offset: number }) => (offset === 1 ? 'skip' : 'fail') as 'skip' | 'fail')
    const made = await new Deserialization(undefined, refuseOdd, decide).apply(chunkOf(6))
    expect(decide).toHaveBeenCalledTimes(2)
    expect([made.records.map(({ value }) => value), made.endOffset]).toEqual([[0, 2], 3])
  })
})
