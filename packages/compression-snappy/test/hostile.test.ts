import { snappy } from '@k/compression-snappy'
import { byEitherEngine, claimHostileBytes, hostileSamples } from '@tooling/codecs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { varint } from './elements.ts'

const HEADER = 16

describe('hostile bytes', () => {
  const read = byEitherEngine(snappy)

  claimHostileBytes({ create: snappy, headerSize: HEADER, mayEndAfterHeader: true })

  it('are refused where they are cut with nothing of xerial around them, too', () => {
    for (const sample of hostileSamples) {
      const raw = (snappy().compress(sample) as Uint8Array).subarray(HEADER + 4)
      for (let length = 0; length < raw.length; length++) expect(read(raw.subarray(0, length))).toBe('DECOMPRESSION_FAILED')
    }
  })

  it('as elements of whatever are the same by either engine', () => {
    fc.assert(
      fc.property(fc.nat({ max: 150 }), fc.uint8Array({ maxLength: 60 }), (length, elements) => {
        read(Buffer.concat([varint(length), elements]))
      }),
      { numRuns: 10_000 },
    )
  })
})
