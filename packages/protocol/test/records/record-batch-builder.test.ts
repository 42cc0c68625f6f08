import { runInNewContext } from 'node:vm'
import { BufferPool, type Codec, type Headers, KafkaError, RecordBatchBuilder } from '@k/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { asBuffer, type GivenRecord, givenRecord } from './arbitraries.ts'
import { batchOf, readAll, readRecords } from './read-all.ts'

const HEADER = 61
const NOW = 1_700_000_000_000

function build(records: readonly GivenRecord[], size?: number): RecordBatchBuilder {
  const builder = new RecordBatchBuilder(size === undefined ? {} : { size })
  for (const { timestamp, key, value, headers } of records) builder.append(timestamp, key, value, headers)
  return builder
}

// Counts what it is asked to do; "compresses" by putting a mark in front.
function markingCodec(answer: (bytes: Uint8Array) => Uint8Array | Promise<Uint8Array>) {
  const codec = {
    id: 2 as const,
    name: 'snappy' as const,
    calls: 0,
    compress(bytes: Uint8Array) {
      codec.calls++
      return answer(Buffer.concat([Buffer.from('mark'), bytes]))
    },
    decompress: (bytes: Uint8Array) => bytes.subarray(4),
  }
  return codec satisfies Codec
}

describe('RecordBatchBuilder', () => {
  it('writes any records so that they are read back, and knows their size exactly', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(givenRecord, { maxLength: 8 }), fc.integer({ min: 0, max: 40_000 }), async (records, size) => {
        const builder = build(records, size)
        const known = builder.size
        const bytes = builder.close()
        expect(bytes).toHaveLength(known)
        expect(await readAll(bytes)).toEqual(
          records.map(({ timestamp, key, value, headers }, i) => ({
            offset: BigInt(i),
            timestamp: BigInt(timestamp),
            key: asBuffer(key),
            value: asBuffer(value),
            headers: headers.map(([name, bytes]) => [asBuffer(name)!.toString(), asBuffer(bytes)]),
          })),
        )
      }),
    )
  })

  it('writes the same bytes whatever size its buffer has at first, and whether text comes as a string or as bytes', () => {
    fc.assert(
      fc.property(fc.array(givenRecord, { maxLength: 5 }), fc.integer({ min: 0, max: 20_000 }), (records, size) => {
        const asBytes = records.map((record) => ({ ...record, key: asBuffer(record.key), value: asBuffer(record.value) }))
        expect(build(records, size).close()).toEqual(build(asBytes).close())
      }),
    )
  })

  it('reads its own records as whoever gets the batch does, before and after it is closed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(givenRecord, { maxLength: 8 }), async (records) => {
        const builder = build(records)
        const own = readRecords(builder.records())
        expect(own).toEqual(await readAll(builder.close()))
        expect(readRecords(builder.records())).toEqual(own)
      }),
    )
  })

  it('reads no further than the records that it had', () => {
    const builder = new RecordBatchBuilder()
    builder.append(NOW, null, 'a')
    const reader = builder.records()
    builder.append(NOW, null, 'b')
    expect(readRecords(reader).map(({ value }) => String(value))).toEqual(['a'])
  })

  it('has an upper bound for every record', () => {
    fc.assert(
      fc.property(givenRecord, ({ timestamp, key, value, headers }) => {
        const builder = new RecordBatchBuilder()
        builder.append(0, null, null)
        const before = builder.size
        builder.append(timestamp, key, value, headers)
        expect(builder.size - before).toBeLessThanOrEqual(RecordBatchBuilder.sizeUpperBound(key, value, headers))
      }),
    )
  })

  it('counts, and tells the largest timestamp', () => {
    const builder = new RecordBatchBuilder()
    expect(builder).toMatchObject({ count: 0, size: HEADER, maxTimestamp: -1 })
    expect(builder.append(NOW + 5, 'a', 'b')).toBe(0)
    expect(builder.append(NOW + 9, 'a', 'b')).toBe(1)
    expect(builder.append(NOW, 'a', 'b')).toBe(2)
    expect(builder).toMatchObject({ count: 3, maxTimestamp: NOW + 9 })
    expect(batchOf(builder.close())).toMatchObject({ count: 3, baseTimestamp: NOW + 5, maxTimestamp: NOW + 9, lastOffset: 2 })
  })

  it('fills in what it is told of the batch, and what a producer sends otherwise', () => {
    const told = {
      baseOffset: 5_000_000_000,
      partitionLeaderEpoch: 3,
      producerId: 2n ** 60n,
      producerEpoch: 7,
      baseSequence: 2147483647,
      isTransactional: true,
      isControl: true,
    }
    const builder = build([{ timestamp: NOW, key: null, value: 'x', headers: [] }])
    expect(batchOf(builder.close(told))).toMatchObject({ ...told, magic: 2, lastSequence: 2147483647 })
    expect(batchOf(builder.close())).toMatchObject({
      baseOffset: 0,
      partitionLeaderEpoch: -1,
      producerId: -1n,
      producerEpoch: -1,
      baseSequence: -1,
      lastSequence: -1,
      isTransactional: false,
      isControl: false,
      compressionType: 0,
      timestampType: 'CreateTime',
    })
  })

  it('takes headers as an object, as pairs or as anything that yields pairs', async () => {
    const pairs: [string, string | Uint8Array | null][] = [
      ['b', 'text'],
      ['a', Buffer.from([1, 2])],
      ['c', null],
    ]
    const forms: Headers[] = [pairs, Object.fromEntries(pairs), new Map(pairs), pairs.values()]
    const builder = new RecordBatchBuilder({ size: 0 })
    for (const headers of forms) builder.append(NOW, null, null, headers)
    for (const record of await readAll(builder.close()))
      expect(record.headers).toEqual(pairs.map(([name, bytes]) => [name, asBuffer(bytes)]))
  })

  it('keeps headers of one name in order', async () => {
    const builder = new RecordBatchBuilder()
    builder.append(NOW, null, null, [
      ['x', '1'],
      ['', ''],
      ['x', '2'],
    ])
    const [record] = await readAll(builder.close())
    expect(record?.headers.map(([name, bytes]) => `${name}=${bytes}`)).toEqual(['x=1', '=', 'x=2'])
  })

  it('treats names of Object.prototype as any other', async () => {
    const builder = new RecordBatchBuilder()
    builder.append(NOW, null, null, JSON.parse('{"__proto__":"a","constructor":"b","toString":"c"}'))
    const [record] = await readAll(builder.close())
    expect(record?.headers.map(([name]) => name)).toEqual(['__proto__', 'constructor', 'toString'])
  })

  it('takes undefined for null', async () => {
    const builder = new RecordBatchBuilder()
    builder.append(NOW, undefined, undefined)
    expect(await readAll(builder.close())).toMatchObject([{ key: null, value: null }])
  })

  describe('with a limit', () => {
    it('takes what fits to the byte, and nothing that does not, leaving the batch as it was', () => {
      fc.assert(
        fc.property(givenRecord, givenRecord, (first, second) => {
          const { size } = build([first, second])
          const builder = build([first], 0)
          const before = builder.size
          const { timestamp, key, value, headers } = second
          expect(builder.append(timestamp, key, value, headers, size - 1)).toBe(-1)
          expect(builder).toMatchObject({ count: 1, size: before })
          expect(builder.append(timestamp, key, value, headers, size)).toBe(1)
          expect(builder.close()).toEqual(build([first, second]).close())
        }),
      )
    })

    it('refuses text that is short in characters and long in bytes', () => {
      const builder = new RecordBatchBuilder()
      expect(builder.append(NOW, null, '\u6f22'.repeat(1000), undefined, 2000)).toBe(-1)
      expect(builder).toMatchObject({ count: 0, size: HEADER })
      expect(builder.append(NOW, null, 'x'.repeat(1000), undefined, 2000)).toBe(0)
    })
  })

  it('places records at offsets of their own, which must grow', async () => {
    const builder = new RecordBatchBuilder()
    expect(builder.appendAt(3, NOW, null, 'a')).toBe(0)
    expect(builder.appendAt(2147483647, NOW, null, 'b')).toBe(1)
    for (const delta of [2147483647, 3, 2.5, Number.NaN, 2147483648]) {
      expect(() => builder.appendAt(delta, NOW, null, 'c')).toThrow(KafkaError)
    }
    expect(builder.append(NOW, null, 'no offset is left')).toBe(-1)
    const bytes = builder.close({ baseOffset: 100 })
    expect((await readAll(bytes)).map(({ offset }) => offset)).toEqual([103n, 2147483747n])
    expect(batchOf(bytes)).toMatchObject({ baseOffset: 100, lastOffset: 2147483747, count: 2 })
  })

  it.each([
    ['key', [5, null, undefined]],
    ['value', [null, {}, undefined]],
    ['header "b"', [null, null, { a: 'x', b: 5 }]],
  ])('refuses a %s that is neither text nor bytes nor null', (_, [key, value, headers]) => {
    const builder = new RecordBatchBuilder()
    const append = () => builder.append(NOW, key as never, value as never, headers as never)
    expect(append).toThrow('must be strings, Uint8Arrays or null')
    expect(append).toThrow(KafkaError)
    expect(builder).toMatchObject({ count: 0, size: HEADER })
  })

  it.each([1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 63, -(2 ** 64), 2n ** 63n, '5', undefined, new Date(0)])(
    'refuses the timestamp %s',
    (timestamp) => {
      for (const builder of [new RecordBatchBuilder(), build([{ timestamp: NOW, key: null, value: null, headers: [] }])]) {
        expect(() => builder.append(timestamp as never, null, 'x')).toThrow("a record's timestamp must be a whole number of milliseconds")
      }
    },
  )

  describe('closed', () => {
    const records = [
      { timestamp: NOW, key: 'k', value: 'v'.repeat(100), headers: [] },
      { timestamp: NOW + 1, key: 'k', value: 'w'.repeat(100), headers: [] },
    ]

    it('takes no more records', () => {
      const builder = build(records)
      builder.close()
      expect(builder.append(NOW, 'k', 'v')).toBe(-1)
      expect(builder.count).toBe(2)
    })

    it('closes again with other producer fields without touching the records', async () => {
      const builder = build(records)
      const first = Buffer.from(builder.close({ producerId: 1n, producerEpoch: 0, baseSequence: 10 }))
      const second = builder.close({ producerId: 1n, producerEpoch: 1, baseSequence: 0 })
      expect(second.subarray(HEADER)).toEqual(first.subarray(HEADER))
      expect(batchOf(second)).toMatchObject({ producerEpoch: 1, baseSequence: 0, lastSequence: 1 })
      expect(await readAll(second)).toHaveLength(2)
      expect(builder.close({ producerId: 1n, producerEpoch: 0, baseSequence: 10 })).toEqual(first)
    })

    it.each([
      ['at once', (bytes: Uint8Array) => bytes],
      ['with a promise', (bytes: Uint8Array) => Promise.resolve(bytes)],
      [
        'with a promise of another realm',
        runInNewContext('(bytes) => Promise.resolve(bytes)') as (bytes: Uint8Array) => Promise<Uint8Array>,
      ],
    ])('compresses once, %s', async (_, answer) => {
      const codec = markingCodec(answer)
      const builder = build(records)
      const bytes = await builder.close({ codec, producerEpoch: 1 })
      expect(batchOf(bytes)).toMatchObject({ compressionType: 2, count: 2, producerEpoch: 1 })
      expect(bytes.subarray(HEADER, HEADER + 4).toString()).toBe('mark')
      expect(batchOf(bytes).isValid()).toBe(true)
      expect(batchOf(await builder.close({ codec, producerEpoch: 2 }))).toMatchObject({ producerEpoch: 2, compressionType: 2 })
      expect(codec.calls).toBe(1)
      expect(builder.close()).toEqual(build(records).close())
    })
  })

  describe('with a pool', () => {
    it('gives its buffer back once, and is empty and closed then', () => {
      const pool = new BufferPool(1000)
      const builder = new RecordBatchBuilder({ pool })
      builder.append(NOW, null, 'x')
      const { buffer } = builder.close()
      builder.release()
      builder.release()
      expect(pool.take(1).buffer).toBe(buffer)
      expect(pool.take(1).buffer).not.toBe(buffer)
      expect(builder.capacity).toBe(0)
      expect(builder.append(NOW, null, 'x')).toBe(-1)
    })

    it('gives its first buffer back when it grows out of it', () => {
      const pool = new BufferPool(1000)
      const builder = new RecordBatchBuilder({ pool })
      builder.append(NOW, null, Buffer.alloc(2000))
      expect(builder.capacity).toBeGreaterThan(2000)
      builder.release()
      expect(pool.take(1)).toHaveLength(1000)
    })

    it('gives the buffer of the compressed bytes back too', async () => {
      const pool = new BufferPool(1000)
      const builder = new RecordBatchBuilder({ pool })
      builder.append(NOW, null, 'x')
      const compressed = await builder.close({ codec: markingCodec((bytes) => bytes) })
      const plain = builder.close()
      expect(compressed.buffer).not.toBe(plain.buffer)
      builder.release()
      const again = [pool.take(1).buffer, pool.take(1).buffer]
      expect(again).toContain(compressed.buffer)
      expect(again).toContain(plain.buffer)
      expect(builder.capacity).toBe(0)
    })

    it('writes the same into a used buffer as into a new one', () => {
      const pool = new BufferPool(1000)
      pool.give(Buffer.alloc(1000, 0xee))
      const builder = new RecordBatchBuilder({ pool })
      builder.append(NOW, 'key', 'value', [['h', null]])
      const fresh = new RecordBatchBuilder()
      fresh.append(NOW, 'key', 'value', [['h', null]])
      expect(builder.close()).toEqual(fresh.close())
    })
  })
})
