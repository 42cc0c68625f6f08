import { describe, expect, it } from 'vitest'
import { murmur2 } from '../src/murmur2.ts'
import { partitionOfKey } from '../src/partitioner.ts'

// Made with org.apache.kafka.common.utils.Utils.murmur2.
const known: [text: string, hash: number][] = [
  ['', 275646681],
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
]

describe('murmur2', () => {
  it.each(known)('hashes %j as the Java client does', (text, hash) => {
    expect(murmur2(Buffer.from(text))).toBe(hash)
    expect(murmur2(text)).toBe(hash)
  })

  it('hashes a string as its UTF-8 bytes, whatever its length and characters', () => {
    for (const alphabet of ['abc', 'a\u00e9', 'x\u20ac', '\u0000\u007f\u0080', '\ud83d\ude00z', '\ud800a']) {
      const letters = [...alphabet]
      for (let length = 0; length < 20; length++) {
        const text = Array.from({ length }, (_, i) => letters[(i * 7 + length) % letters.length]).join('')
        expect(murmur2(text), JSON.stringify(text)).toBe(murmur2(Buffer.from(text)))
      }
    }
  })

  it('places a key whose hash is negative on a partition that exists', () => {
    expect(murmur2(Buffer.from('21'))).toBeLessThan(0)
    expect(partitionOfKey('21', 12)).toBe((-973932308 & 0x7fffffff) % 12)
  })
})
