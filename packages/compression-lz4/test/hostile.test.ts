import { lz4 } from '@k/compression-lz4'
import { byEitherEngine, claimHostileBytes, text } from '@tooling/codecs'
import fc from 'fast-check'
import { describe, it } from 'vitest'
import { frame } from './frames.ts'

const linked = frame({ isLinked: true, blocks: [text(100), text(100)].map((bytes) => ({ bytes, isStored: true })) })

describe('hostile bytes', () => {
  claimHostileBytes({ create: lz4, headerSize: 7, mayEndAfterHeader: false, others: [linked] })

  it('as blocks of whatever are the same by either engine', () => {
    const read = byEitherEngine(lz4)
    const blocks = fc.array(fc.uint8Array({ minLength: 1, maxLength: 60 }), { minLength: 1, maxLength: 3 })
    fc.assert(
      fc.property(blocks, fc.boolean(), (parts, isLinked) => {
        read(frame({ isLinked, blocks: parts.map((bytes) => ({ bytes })) }))
      }),
      { numRuns: 5000 },
    )
  })
})
