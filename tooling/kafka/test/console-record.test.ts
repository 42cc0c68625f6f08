import { describe, expect, it } from 'vitest'
import { formatRecords, parseRecords } from '../src/console-record.ts'

const printed = (...fields: string[]): string => `${fields.join('\u001f')}\u001e`

describe('parseRecords', () => {
  it('reads every field that the console consumer prints', () => {
    const output = printed('CreateTime:1700000000123', 'Partition:2', 'Offset:7', 'a:1\u001db:x:y', 'key', 'value')
    expect(parseRecords(output)).toEqual([
      {
        partition: 2,
        offset: 7,
        timestamp: 1_700_000_000_123,
        timestampType: 'CreateTime',
        headers: [
          ['a', '1'],
          ['b', 'x:y'],
        ],
        key: 'key',
        value: 'value',
      },
    ])
  })

  it('tells nulls from empty texts', () => {
    const [record] = parseRecords(printed('CreateTime:1', 'Partition:0', 'Offset:0', 'a:\u001db:\u0018', '\u0018', ''))
    expect(record).toMatchObject({
      key: null,
      value: '',
      headers: [
        ['a', ''],
        ['b', null],
      ],
    })
  })

  it('keeps line ends and tabs inside values, and knows records without headers', () => {
    const output =
      printed('LogAppendTime:5', 'Partition:0', 'Offset:0', 'NO_HEADERS', 'k', 'one\n\ttwo') +
      printed('CreateTime:6', 'Partition:0', 'Offset:1', 'NO_HEADERS', 'k', '')
    expect(parseRecords(output)).toMatchObject([
      { value: 'one\n\ttwo', headers: [], timestampType: 'LogAppendTime' },
      { value: '', offset: 1 },
    ])
  })

  it('passes over a notice before the first record and an unfinished last one', () => {
    const output = `Option x is deprecated.\n${printed('CreateTime:5', 'Partition:0', 'Offset:0', 'NO_HEADERS', 'k', 'v')}CreateTime:6\u001fPart`
    expect(parseRecords(output)).toMatchObject([{ timestamp: 5, timestampType: 'CreateTime' }])
  })
})

describe('formatRecords', () => {
  it('writes a line a record, with nulls marked', () => {
    const text = formatRecords([
      {
        key: 'k',
        value: 'v',
        headers: [
          ['a', '1'],
          ['b', null],
        ],
      },
      { key: null, value: null, headers: [] },
    ])
    expect(text).toBe('a:1\u001db:\u0018\u001fk\u001fv\n\u0018\u001f\u0018\u001f\u0018\n')
  })

  it('refuses a record that the console producer would cut in two', () => {
    expect(() => formatRecords([{ key: 'k', value: 'one\ntwo', headers: [] }])).toThrow('line end')
  })
})
