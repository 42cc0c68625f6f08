import { DecodeError, downConvert, RecordBatchBuilder, type RecordReader, recordBatches } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { batchOf, readAll } from './read-all.ts'
import { thrownBy } from './thrown-by.ts'

const NOW = 1_700_000_000_000

function batch(baseOffset: number, ...values: string[]): Buffer {
  const builder = new RecordBatchBuilder({ size: 100 })
  for (const value of values) builder.append(NOW, 'key', value)
  return builder.close({ baseOffset })
}

function message(magic: 0 | 1, offset: number, value: string): Buffer {
  return downConvert(batchOf(batch(offset, value)).records() as RecordReader, { magic }) as Buffer
}

describe('recordBatches', () => {
  it('finds one batch after another', async () => {
    const bytes = Buffer.concat([batch(0, 'a'), batch(1, 'b', 'c'), batch(7, 'd')])
    expect([...recordBatches(bytes)].map(({ position, baseOffset, count }) => [position, baseOffset, count])).toEqual([
      [0, 0, 1],
      [72, 1, 2],
      [155, 7, 1],
    ])
    expect((await readAll(bytes)).map(({ offset, value }) => `${offset}${value}`)).toEqual(['0a', '1b', '2c', '7d'])
  })

  it('finds batches of all formats side by side', async () => {
    const bytes = Buffer.concat([message(0, 0, 'a'), message(1, 1, 'b'), batch(2, 'c'), message(0, 3, 'd')])
    expect([...recordBatches(bytes)].map(({ magic }) => magic)).toEqual([0, 1, 2, 0])
    expect((await readAll(bytes)).map(({ offset, value }) => `${offset}${value}`)).toEqual(['0a', '1b', '2c', '3d'])
  })

  it('finds nothing in nothing', () => {
    const batches = recordBatches(Buffer.alloc(0))
    expect([...batches]).toEqual([])
    expect(batches.remaining).toBe(0)
  })

  it('takes them one at a time and tells how much is left', () => {
    const [first, second] = [batch(0, 'a'), batch(1, 'b')]
    const batches = recordBatches(Buffer.concat([first, second]))
    expect(batches.remaining).toBe(first.length + second.length)
    expect(batches.take()?.baseOffset).toBe(0)
    expect(batches.remaining).toBe(second.length)
    expect(batches.take()?.baseOffset).toBe(1)
    expect(batches.remaining).toBe(0)
    expect(batches.take()).toBeUndefined()
  })

  it('takes any Uint8Array, also one in the middle of its memory', async () => {
    const bytes = new Uint8Array(Buffer.concat([Buffer.alloc(5, 1), batch(0, 'a'), Buffer.alloc(5, 1)]))
    expect(await readAll(bytes.subarray(5, bytes.length - 5))).toMatchObject([{ value: Buffer.from('a') }])
  })

  it('leaves out a last batch that is cut off, wherever the cut is', () => {
    const whole = batch(0, 'a', 'b')
    for (const last of [batch(2, 'c', 'd'), message(0, 2, 'c'), message(1, 2, 'c')]) {
      for (let length = 0; length < last.length; length++) {
        const batches = recordBatches(Buffer.concat([whole, last.subarray(0, length)]))
        expect([...batches]).toHaveLength(1)
        expect(batches.remaining).toBe(length)
      }
    }
  })

  it.each([3, 4, 127, -1, -128])('refuses magic %i', async (magic) => {
    const bytes = batch(0, 'a')
    bytes.writeInt8(magic, 16)
    const error = await thrownBy(() => recordBatches(bytes).take())
    expect(DecodeError.is(error, 'UNKNOWN_MAGIC')).toBe(true)
    expect((error as Error).message).toContain(`magic ${magic}`)
  })

  it.each([
    [2, [-(2 ** 31), -1, 0, 13, 14, 48]],
    [1, [-5, 0, 13, 21]],
    [0, [-5, 0, 13]],
  ])('refuses lengths that no batch of magic %i has', async (magic, lengths) => {
    const bytes = magic === 2 ? batch(0, 'a') : message(magic as 0 | 1, 0, 'a')
    for (const length of lengths) {
      bytes.writeInt32BE(length, 8)
      const error = await thrownBy(() => recordBatches(bytes).take())
      expect(DecodeError.is(error, 'MALFORMED_MESSAGE')).toBe(true)
    }
  })

  it('says where the batch is that it refuses', async () => {
    const bytes = Buffer.concat([batch(0, 'a'), batch(1, 'b')])
    bytes.writeInt32BE(-1, 72 + 8)
    const batches = recordBatches(bytes)
    batches.take()
    expect(await thrownBy(() => batches.take())).toMatchObject({
      position: 72,
      message: 'the record batch at byte 72 is malformed: its length is -1',
    })
  })
})
