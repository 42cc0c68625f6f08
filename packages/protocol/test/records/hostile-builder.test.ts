import {
  type BatchFields,
  type Codec,
  downConvert,
  type Headers,
  KafkaError,
  RecordBatchBuilder,
  type RecordReader,
  recordBatches,
  stampBatch,
} from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { batchOf, readAll } from './read-all.ts'
import { thrownBy } from './thrown-by.ts'

// What TypeScript refuses reaches us all the same, from JavaScript and from behind an `any`.
const neitherTextNorBytes: [string, unknown][] = [
  ['an array of numbers', [1, 2, 300]],
  ['a long array of numbers', new Array(50).fill(7)],
  ['an array of texts', ['a', 'b']],
  ['an empty array', []],
  ['words of 16 bits', Uint16Array.of(1000, 2)],
  ['signed bytes', Int8Array.of(-1)],
  ['an array-like', { length: 3 }],
  ['a text object', new String('abc')],
  ['an ArrayBuffer', new ArrayBuffer(4)],
  ['a DataView', new DataView(new ArrayBuffer(4))],
  ['a number', 5],
  ['a bigint', 5n],
  ['false', false],
  ['an object', {}],
  ['a function', (a: unknown) => a],
  ['a symbol', Symbol('a')],
]

const NOW = 1_700_000_000_000

function appendTo(builder: RecordBatchBuilder, key: unknown, value: unknown, headers?: unknown): unknown {
  try {
    return builder.append(NOW, key as string, value as string, headers as Headers)
  } catch (error) {
    return error
  }
}

describe('a builder', () => {
  it.each(neitherTextNorBytes)('refuses %s for a key, a value and a header, and takes the next record', async (_, wrong) => {
    const builder = new RecordBatchBuilder({ size: 61 })
    const refused = [
      appendTo(builder, wrong, 'v'),
      appendTo(builder, 'k', wrong),
      appendTo(builder, 'k', 'v', { trace: wrong }),
      appendTo(builder, 'k', 'v', [
        ['ok', 'x'],
        ['trace', wrong],
      ]),
    ]
    for (const error of refused) {
      expect(KafkaError.is(error, 'INVALID_ARGUMENT'), String(error)).toBe(true)
      expect((error as Error).message).toBe(`keys, values and headers must be strings, Uint8Arrays or null, not ${typeof wrong}`)
    }
    expect(builder.append(NOW, 'k', 'v', { trace: 'x' })).toBe(0)
    expect(await readAll(builder.close())).toMatchObject([{ key: Buffer.from('k'), value: Buffer.from('v') }])
  })

  it.each<[string, unknown]>([
    ['text', 'trace'],
    ['a number', 5],
    ['true', true],
    ['a flat list', ['trace', 'x']],
    ['objects instead of pairs', [{ name: 'trace', value: 'x' }]],
    ['a pair of three', [['trace', 'x', 'y']]],
    ['a pair of one', [['trace']]],
    ['a name that is a number', [[5, 'x']]],
    ['a name that is null', [[null, 'x']]],
    ['a name in bytes', [[Buffer.from('trace'), 'x']]],
    ['a hole', [undefined]],
    ['null for a pair', [null]],
  ])('refuses %s for headers', (_, headers) => {
    const builder = new RecordBatchBuilder()
    const error = appendTo(builder, 'k', 'v', headers)
    expect(KafkaError.is(error, 'INVALID_ARGUMENT'), String(error)).toBe(true)
    expect((error as Error).message).toMatch(/headers? /)
    expect(builder.count).toBe(0)
  })

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['an object', { trace: 'x' }],
    ['a map', new Map([['trace', 'x']])],
    ['pairs', [['trace', 'x']]],
    [
      'a generator',
      (function* () {
        yield ['trace', Buffer.from('x')]
      })(),
    ],
  ])('takes %s for headers', async (_, headers) => {
    const builder = new RecordBatchBuilder()
    expect(appendTo(builder, 'k', 'v', headers)).toBe(0)
    const [record] = await readAll(builder.close())
    expect(record!.headers).toEqual(headers === undefined || headers === null ? [] : [['trace', Buffer.from('x')]])
  })

  it.each<[keyof BatchFields, unknown]>([
    ['baseOffset', -1],
    ['baseOffset', 1.5],
    ['baseOffset', Number.NaN],
    ['baseOffset', 2 ** 60],
    ['baseOffset', 2n ** 63n],
    ['baseOffset', '5'],
    ['partitionLeaderEpoch', 2 ** 31],
    ['partitionLeaderEpoch', Number.NaN],
    ['producerId', 5],
    ['producerId', 2n ** 63n],
    ['producerEpoch', 40_000],
    ['producerEpoch', 1.5],
    ['baseSequence', Number.NaN],
    ['baseSequence', 2 ** 31],
  ])('closes no batch whose %s is %s', async (field, value) => {
    const builder = new RecordBatchBuilder()
    builder.append(NOW, 'k', 'v')
    const error = await thrownBy(() => builder.close({ [field]: value } as BatchFields))
    expect(KafkaError.is(error, 'INVALID_ARGUMENT'), String(error)).toBe(true)
    expect((error as Error).message).toContain(field)
    expect(await readAll(builder.close({ baseOffset: 3 }))).toMatchObject([{ offset: 3n }])
  })

  it.each<[string, Partial<Record<keyof Codec, unknown>>]>([
    ['gives text', { compress: () => 'text' }],
    ['gives nothing', { compress: () => undefined }],
    ['promises text', { compress: async () => 'text' }],
    ['has the number 0', { id: 0 }],
    ['has the number 9, which would be another attribute', { id: 9 }],
    ['has the number 1.5', { id: 1.5 }],
  ])('closes no batch with a codec that %s', async (_, wrong) => {
    const codec = { id: 1, name: 'gzip', compress: (bytes: Uint8Array) => bytes, decompress: (bytes: Uint8Array) => bytes, ...wrong }
    const builder = new RecordBatchBuilder()
    builder.append(NOW, 'k', 'v')
    const error = await thrownBy(() => builder.close({ codec: codec as Codec }))
    expect(KafkaError.is(error, 'INVALID_ARGUMENT'), String(error)).toBe(true)
    expect((error as Error).message).toMatch(/codec/)
  })
})

describe('a stamp', () => {
  it('is for batches of magic 2 alone, whole ones', async () => {
    const builder = new RecordBatchBuilder()
    builder.append(NOW, 'k', 'v')
    const bytes = builder.close()
    const old = downConvert(batchOf(bytes).records() as RecordReader, { magic: 1 }) as Buffer
    for (const wrong of [Buffer.alloc(0), bytes.subarray(0, 60), old, Buffer.alloc(100)]) {
      const before = Buffer.from(wrong)
      const error = await thrownBy(() => stampBatch(wrong, { baseOffset: 5, partitionLeaderEpoch: 1, logAppendTime: NOW }))
      expect(KafkaError.is(error, 'INVALID_ARGUMENT'), String(error)).toBe(true)
      expect(wrong).toEqual(before)
    }
    expect([...recordBatches(bytes)]).toHaveLength(1)
  })
})
