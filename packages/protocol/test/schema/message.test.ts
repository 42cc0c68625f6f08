import { array, boolean, DecodeError, int16, int32, int64, KafkaError, message, Reader, string, UnsupportedVersionError } from '@k/protocol'
import { describe, expect, it } from 'vitest'

const Greeting = message('Greeting', { versions: [1, 4], flexible: 3 }, () => ({
  name: string,
  volume: int16.default(5),
  language: string.since(2).nullable().default(null),
  whispered: boolean.since(2).until(3).ignorable(),
  times: int64.since(4).default(1n),
}))

const hex = (version: number, value: Parameters<typeof Greeting.encode>[1]) => Greeting.encode(version, value).toString('hex')
const decode = (version: number, text: string) => Greeting.decode(version, Buffer.from(text, 'hex'))

describe('a message', () => {
  it('writes the fields of its version, in their order', () => {
    expect(hex(1, { name: 'a' })).toBe('0001610005')
    expect(hex(2, { name: 'a', volume: 1, language: 'b', whispered: true })).toBe('000161000100016201')
  })

  it('writes compact lengths and a tagged section from its flexible version on', () => {
    expect(hex(3, { name: 'a' })).toBe('02610005000000')
  })

  it('gives every field in every version, in one order', () => {
    const old = decode(1, '0001610005')
    expect(old).toEqual({ name: 'a', volume: 5, language: null, whispered: false, times: 1n })
    expect(Object.keys(old)).toEqual(Object.keys(decode(3, '02610005000000')))
  })

  it('refuses a value of a field that the version lacks, and names the field', () => {
    expect(() => hex(1, { name: 'a', language: 'b' })).toThrow(UnsupportedVersionError)
    expect(() => hex(3, { name: 'a', times: 2n })).toThrow(
      expect.objectContaining({ code: 'UNSUPPORTED_VERSION', api: 'Greeting', version: 3, field: 'times' }),
    )
  })

  it('takes the default in a version that lacks the field', () => {
    expect(hex(1, { name: 'a', language: null, times: 1n })).toBe('0001610005')
  })

  it('leaves out what may be ignored', () => {
    expect(hex(1, { name: 'a', whispered: true })).toBe('0001610005')
    expect(decode(4, hex(4, { name: 'a', whispered: true })).whispered).toBe(false)
  })

  it('refuses null where none may be, and names the field', () => {
    const broken = { name: null as unknown as string }
    expect(() => hex(1, broken)).toThrow(expect.objectContaining({ code: 'UNSUPPORTED_VERSION', field: 'name' }))
  })

  it('refuses versions that do not exist', () => {
    for (const version of [0, 5, 1.5, Number.NaN]) {
      expect(() => Greeting.encode(version, { name: 'a' })).toThrow(UnsupportedVersionError)
      expect(() => Greeting.decode(version, Buffer.alloc(9))).toThrow(UnsupportedVersionError)
    }
  })

  it('names the field of a value that is none of its type', () => {
    expect(() => hex(1, { name: 'a', volume: 70000 })).toThrow(KafkaError)
    expect(() => hex(1, { name: 'a', volume: 70000 })).toThrow(/^volume of Greeting version 1 cannot be encoded: .*70000/s)
    expect(() => hex(4, { name: 'a', times: 2 as unknown as bigint })).toThrow(/^times of Greeting version 4 cannot be encoded/)
  })

  it('refuses bytes that are left over', () => {
    expect(() => decode(1, '0001610005ff')).toThrow('cannot decode Greeting version 1: 1 bytes are left over at byte 5')
  })

  it('tells message, version and position of what cannot be read', () => {
    expect(() => decode(2, '00016100')).toThrow(DecodeError)
    expect(() => decode(2, '00016100')).toThrow(expect.objectContaining({ api: 'Greeting', version: 2, position: 3 }))
  })

  it('reads one message of several in a buffer', () => {
    const reader = new Reader(Buffer.from('00016100050001620006', 'hex'))
    expect(Greeting.read(reader, 1).name).toBe('a')
    expect(Greeting.read(reader, 1)).toMatchObject({ name: 'b', volume: 6 })
    expect(reader.remaining).toBe(0)
  })

  it('builds its shape when it is first needed, and once', () => {
    let built = 0
    const Lazy = message('Lazy', { versions: [0, 1] }, () => {
      built++
      return { ids: array(int32) }
    })
    expect(built).toBe(0)
    Lazy.encode(0, { ids: [1] })
    Lazy.encode(1, { ids: [1] })
    Lazy.decode(0, Buffer.alloc(4))
    expect(Lazy.shape).toBe(Lazy.shape)
    expect(built).toBe(1)
  })
})
