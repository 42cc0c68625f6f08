import {
  array,
  boolean,
  bytes,
  encodeRequest,
  float64,
  Heartbeat,
  int8,
  int16,
  int32,
  int64,
  KafkaError,
  message,
  type Shape,
  string,
  struct,
  uint16,
  uint32,
  uuid,
  Writer,
} from '@k/protocol'
import { describe, expect, it } from 'vitest'

// What TypeScript refuses reaches us all the same, from JavaScript and from behind an `any`.
const anything: [string, unknown][] = [
  ['undefined', undefined],
  ['null', null],
  ['true', true],
  ['NaN', Number.NaN],
  ['infinity', Number.POSITIVE_INFINITY],
  ['a fraction', 1.5],
  ['2^53', 2 ** 53],
  ['-1', -1],
  ['a number', 5],
  ['a large bigint', 2n ** 64n],
  ['a bigint', 5n],
  ['digits', '5'],
  ['text', 'orders'],
  ['an empty text', ''],
  ['a uuid', 'AAAAAAAAAAAAAAAAAAAAAQ'],
  ['an array', [1]],
  ['an empty array', []],
  ['a set', new Set(['orders'])],
  ['an object', {}],
  ['an array-like', { length: 2 }],
  ['bytes', Buffer.from('orders')],
  ['words of 16 bits', Uint16Array.of(1000)],
  ['an ArrayBuffer', new ArrayBuffer(2)],
  ['a function', () => 5],
  ['a symbol', Symbol('5')],
  ['a date', new Date(5)],
]

const isWhole = (min: number, max: number) => (value: unknown) =>
  Number.isInteger(value) && (value as number) >= min && (value as number) <= max

const types: [string, Shape[string], (value: unknown) => boolean][] = [
  ['boolean', boolean, (value) => typeof value === 'boolean'],
  ['int8', int8, isWhole(-128, 127)],
  ['int16', int16, isWhole(-32768, 32767)],
  ['uint16', uint16, isWhole(0, 65535)],
  ['int32', int32, isWhole(-(2 ** 31), 2 ** 31 - 1)],
  ['uint32', uint32, isWhole(0, 2 ** 32 - 1)],
  ['int64', int64, (value) => typeof value === 'bigint' && BigInt.asIntN(64, value) === value],
  ['float64', float64, (value) => typeof value === 'number'],
  ['string', string, (value) => typeof value === 'string'],
  ['uuid', uuid, (value) => typeof value === 'string' && value.length === 22],
  ['bytes', bytes, (value) => value instanceof Uint8Array],
  ['[]int32', array(int32), (value) => Array.isArray(value)],
  ['struct', struct({ a: int32.default(0) }), (value) => typeof value === 'object' && value !== null && !Array.isArray(value)],
]

describe.each(types)('a field of type %s', (_, field, fits) => {
  // Classic and flexible, and in the tagged section.
  const shapes: [string, number, Shape][] = [
    ['field', 0, { field }],
    ['field', 1, { field }],
    ['field', 1, { field: field.since(1).tagged(0) }],
    ['outer[].field', 1, { outer: array(struct({ field })) }],
  ]

  it.each(anything)('takes %s as it is or refuses it by its name', (what, value) => {
    for (const [path, version, shape] of shapes) {
      const sample = message('Sample', { versions: [0, 1], flexible: 1 }, () => shape)
      const given = path === 'field' ? { field: value } : { outer: [{ field: value }] }
      const optional = shape.field?.rules.tag !== undefined && value === undefined
      let thrown: unknown
      try {
        sample.encode(version, given as never)
      } catch (error) {
        thrown = error
      }
      if (fits(value) || optional) {
        expect(thrown, what).toBeUndefined()
        continue
      }
      expect(KafkaError.is(thrown, value === null ? 'UNSUPPORTED_VERSION' : 'INVALID_ARGUMENT', 'INVALID_ARGUMENT'), String(thrown)).toBe(
        true,
      )
      expect((thrown as Error).message).toContain(path)
      expect((thrown as Error).message).toContain('Sample version 1'.slice(0, 14))
    }
  })
})

describe('a body', () => {
  it.each([undefined, null, 'text', 5, ['g', 1, 'm']])('that is %j is refused with a sentence', (body) => {
    const encode = () => encodeRequest(Heartbeat, body as never, { version: 4, correlationId: 1, clientId: 'me' })
    expect(encode).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringContaining('HeartbeatRequest version 4') }),
    )
  })

  it('that lacks what has no default is refused by the name of it', () => {
    const encode = () => Heartbeat.request.encode(4, { generationId: 1, memberId: 'm' } as never)
    expect(encode).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringContaining('groupId') }))
  })

  it('is not sent under a correlation id that is none', () => {
    const body = { groupId: 'g', generationId: 1, memberId: 'm' }
    const encode = () => encodeRequest(Heartbeat, body, { version: 4, correlationId: Number.NaN, clientId: 'me' })
    expect(encode).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringContaining('correlationId') }))
  })
})

describe('Writer', () => {
  it.each(['int8', 'int16', 'uint16', 'int32', 'uint32'] as const)('writes nothing else than whole numbers as %s', (type) => {
    for (const value of [Number.NaN, 0.5, -0.5, 2 ** 33, '1', null, undefined, 1n, true]) {
      const writer = new Writer()
      expect(() => writer[type](value as number)).toThrow()
      expect(writer.length).toBe(0)
    }
    for (const value of [0, -0, 1, 127]) expect(() => new Writer()[type](value)).not.toThrow()
  })
})
