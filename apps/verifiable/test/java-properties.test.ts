import { expect, it } from 'vitest'
import { parseProperties } from '../src/java-properties.ts'

it.each([
  ['a=b', [['a', 'b']]],
  ['  a : b c ', [['a', 'b c ']]],
  ['a b', [['a', 'b']]],
  ['a', [['a', '']]],
  ['# a=b\n! c=d\n\ne=f', [['e', 'f']]],
  [
    'a=b\\\n   c\nd=e',
    [
      ['a', 'bc'],
      ['d', 'e'],
    ],
  ],
  [
    'a=b\\\\\nc=d',
    [
      ['a', 'b\\'],
      ['c', 'd'],
    ],
  ],
  ['a\\=b=c\\u0041\\n', [['a=b', 'cA\n']]],
  ['a=1\r\na=2', [['a', '2']]],
  ['a=b\\', [['a', 'b']]],
])('reads %j as Java does', (text, expected) => {
  expect([...parseProperties(text)]).toEqual(expected)
})
