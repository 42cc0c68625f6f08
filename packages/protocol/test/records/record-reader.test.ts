import { DecodeError, RecordBatchBuilder, type RecordReader, recordBatches } from '@k/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { writeVarint } from '../../src/records/varint.ts'
import { givenRecord } from './arbitraries.ts'
import { batchOf, readRecords } from './read-all.ts'
import { seal } from './seal.ts'
import { thrownBy } from './thrown-by.ts'

const HEADER = 61

/** A valid batch of magic 2 around some bytes that are said to be `count` records. */
function batchAround(records: number[], count = 1, lastOffsetDelta = count - 1): Buffer {
  const builder = new RecordBatchBuilder({ size: HEADER })
  const bytes = Buffer.concat([builder.close(), Buffer.from(records)])
  bytes.writeInt32BE(bytes.length - 12, 8)
  bytes.writeInt32BE(lastOffsetDelta, 23)
  bytes.writeBigInt64BE(1000n, 27)
  bytes.writeInt32BE(count, 57)
  return seal(bytes)
}

const readerOf = (bytes: Buffer) => batchOf(bytes).records() as RecordReader
const refusal = (bytes: Buffer) => thrownBy(() => readRecords(readerOf(bytes)))
const zigzag = (value: number) => (value < 0 ? -2 * value - 1 : 2 * value)

/** A record's fields: key "k", value "v", header "h" = "w". */
const fields = {
  attributes: [0],
  timestampDelta: [zigzag(5)],
  offsetDelta: [0],
  keyLength: [zigzag(1)],
  key: [0x6b],
  valueLength: [zigzag(1)],
  value: [0x76],
  headerCount: [zigzag(1)],
  nameLength: [zigzag(1)],
  name: [0x68],
  headerLength: [zigzag(1)],
  header: [0x77],
}
type Change = Partial<Record<keyof typeof fields | 'length', number[]>>

/** A record that is right but for the change; its length is that of what follows unless the change has another. */
function recordWith({ length, ...change }: Change): number[] {
  const body = Object.values({ ...fields, ...change }).flat()
  return [...(length ?? [zigzag(body.length)]), ...body]
}

describe('RecordReader', () => {
  it('hands out positions, and views where they are asked for', () => {
    const reader = readerOf(batchAround(recordWith({})))
    expect(reader.remaining).toBe(1)
    expect(reader.next()).toBe(true)
    expect(reader).toMatchObject({ keyLength: 1, valueLength: 1, headerCount: 1, offset: 0, offsetDelta: 0, timestamp: 1005, remaining: 0 })
    expect(reader.buffer.toString('utf8', reader.keyStart, reader.keyStart + reader.keyLength)).toBe('k')
    expect(reader.buffer.toString('utf8', reader.valueStart, reader.valueStart + reader.valueLength)).toBe('v')
    expect([reader.key(), reader.value(), reader.headers()]).toEqual([Buffer.from('k'), Buffer.from('v'), [['h', Buffer.from('w')]]])
    expect(reader.key()!.buffer).toBe(reader.buffer.buffer)
    expect(reader.next()).toBe(false)
    expect(reader.next()).toBe(false)
  })

  it('ignores the attributes of a record', () => {
    expect(readRecords(readerOf(batchAround(recordWith({ attributes: [0xff] }))))).toHaveLength(1)
  })

  it.each<[string, Change]>([
    ['a record that is longer than the batch', { length: [0xfe, 0x7f] }],
    ['a record of negative length', { length: [zigzag(-1)] }],
    ['a record of no length', { length: [0] }],
    ['a record that ends too early', { length: [zigzag(11)] }],
    ['a length of 2^31 - 1', { length: [0xfe, 0xff, 0xff, 0xff, 0x0f] }],
    ['a length of more than 32 bits', { length: [0x80, 0x80, 0x80, 0x80, 0x10] }],
    ['a length that never ends', { length: Array(11).fill(0xff) }],
    ['a timestamp delta of more than 64 bits', { timestampDelta: [...Array(9).fill(0x80), 0x02] }],
    ['a timestamp delta that never ends', { timestampDelta: Array(11).fill(0xff) }],
    ['a negative offset delta', { offsetDelta: [zigzag(-1)] }],
    ['an offset delta beyond the last', { offsetDelta: [zigzag(1)] }],
    ['a key that is too long', { keyLength: [zigzag(63)] }],
    ['a key of length -2', { keyLength: [zigzag(-2)] }],
    ['a key of 2^31 - 1 bytes', { keyLength: [0xfe, 0xff, 0xff, 0xff, 0x0f] }],
    ['a value that is too long', { valueLength: [zigzag(63)] }],
    ['a value of length -2', { valueLength: [zigzag(-2)] }],
    ['a negative number of headers', { headerCount: [zigzag(-1)] }],
    ['more headers than bytes', { headerCount: [zigzag(63)] }],
    ['2^31 - 1 headers', { headerCount: [0xfe, 0xff, 0xff, 0xff, 0x0f] }],
    ['fewer headers than there are', { headerCount: [0] }],
    ['a header without a name', { nameLength: [zigzag(-1)] }],
    ['a header name that is too long', { nameLength: [zigzag(3)] }],
    ['a header value that is too long', { headerLength: [zigzag(2)] }],
    ['a header value of length -2', { headerLength: [zigzag(-2)] }],
  ])('refuses %s', async (_, change) => {
    const bytes = batchAround(recordWith(change))
    expect(batchOf(bytes).isValid()).toBe(true)
    expect(DecodeError.is(await refusal(bytes), 'MALFORMED_MESSAGE')).toBe(true)
  })

  it('refuses a last header whose end, and that of its record, are beyond 2^31 bytes', async () => {
    const varintTo = (end: number, at: number) => {
      const bytes = Buffer.alloc(5)
      writeVarint(bytes, 0, end - at)
      return [...bytes]
    }
    const afterLength = HEADER + 5
    const afterHeaderLength = afterLength + Object.values({ ...fields, headerLength: [], header: [] }).flat().length + 5
    const length = varintTo(2 ** 31, afterLength)
    const headerLength = varintTo(2 ** 31, afterHeaderLength)
    const reader = readerOf(batchAround([...recordWith({ length, headerLength }), ...recordWith({ offsetDelta: [zigzag(1)] })], 2))
    expect(DecodeError.is(await thrownBy(() => reader.next()))).toBe(true)
  })

  it('refuses offsets that do not grow', async () => {
    const second = (delta: number) => [...recordWith({}), ...recordWith({ offsetDelta: [zigzag(delta)] })]
    expect(readRecords(readerOf(batchAround(second(5), 2, 5))).map(({ offset }) => offset)).toEqual([0n, 5n])
    for (const delta of [0, -1, 6]) expect(DecodeError.is(await refusal(batchAround(second(delta), 2, 5)))).toBe(true)
  })

  it('says what is wrong, and where', async () => {
    expect(await refusal(batchAround(recordWith({ offsetDelta: [zigzag(1)] })))).toMatchObject({
      message: 'the record batch at byte 0 is malformed: offset delta 1 after -1 of 0',
      position: 0,
    })
    const cut = batchAround(recordWith({}).slice(0, -1))
    const behind = recordBatches(Buffer.concat([batchAround(recordWith({})), cut]))
    behind.take()
    expect(await thrownBy(() => readRecords(behind.take()!.records() as RecordReader))).toMatchObject({
      message: expect.stringMatching(/^the record batch at byte 74 is malformed: /),
      position: 74,
    })
  })

  it('hands out nothing more once it has refused', async () => {
    const broken: Change[] = [
      { keyLength: [zigzag(63)] },
      { offsetDelta: [zigzag(9)] },
      { length: [zigzag(11)] },
      { headerCount: [zigzag(-1)] },
    ]
    for (const change of broken) {
      const reader = readerOf(batchAround([...recordWith(change), ...recordWith({ offsetDelta: [zigzag(1)] })], 2))
      for (let attempt = 0; attempt < 5; attempt++) expect(DecodeError.is(await thrownBy(() => reader.next()))).toBe(true)
    }
    const leftOver = readerOf(batchAround([...recordWith({}), 0, 0], 1))
    for (let attempt = 0; attempt < 5; attempt++) expect(DecodeError.is(await thrownBy(() => leftOver.next()))).toBe(true)
  })

  it('refuses records that are cut off, wherever the cut is', async () => {
    const builder = new RecordBatchBuilder()
    builder.append(1000, 'key', 'value', [['h', 'w']])
    builder.append(2 ** 50, null, Buffer.alloc(100), [['x', null]])
    const whole = builder.close()
    for (let length = HEADER; length < whole.length; length++) {
      const cut = Buffer.from(whole.subarray(0, length))
      cut.writeInt32BE(length - 12, 8)
      expect(DecodeError.is(await refusal(seal(cut))), `${length} bytes`).toBe(true)
    }
  })

  it('never reads beyond its batch', async () => {
    const cut = batchAround(recordWith({}).slice(0, -1))
    const batch = recordBatches(Buffer.concat([cut, Buffer.from('neighbour')])).take()!
    expect(batch.isValid()).toBe(true)
    expect(DecodeError.is(await thrownBy(() => readRecords(batch.records() as RecordReader)))).toBe(true)
  })

  describe('timestamps', () => {
    it('are exact as bigints and rounded as numbers', () => {
      fc.assert(
        fc.property(fc.array(givenRecord, { minLength: 1, maxLength: 4 }), (records) => {
          const builder = new RecordBatchBuilder()
          for (const { timestamp } of records) builder.append(timestamp, null, null)
          const reader = readerOf(builder.close())
          for (const { timestamp } of records) {
            reader.next()
            expect(reader.timestampBigInt).toBe(BigInt(timestamp))
            expect(reader.timestamp).toBe(Number(timestamp))
          }
        }),
        { numRuns: 500 },
      )
    })

    it.each([
      [2n ** 63n - 1n, -1n],
      [-(2n ** 63n), 2n ** 63n - 1n],
      [2n ** 53n + 1n, 2n ** 53n - 3n],
      [-1n, 5n],
      [0n, -(2n ** 63n)],
    ])('may be %s and then %s: deltas wrap', (first, second) => {
      const builder = new RecordBatchBuilder()
      for (const timestamp of [first, second]) builder.append(timestamp, null, null)
      const reader = readerOf(builder.close())
      for (const timestamp of [first, second]) {
        reader.next()
        expect(reader.timestampBigInt).toBe(timestamp)
        expect(reader.timestamp).toBe(Number(timestamp))
      }
    })
  })
})
