import { Reader } from '@k/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sizeOfVarint, sizeOfVarlong, writeVarint, writeVarlong } from '../../src/records/varint.ts'

const int32 = fc.oneof(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), fc.integer({ min: -20_000, max: 20_000 }))
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })

describe('varints inside records', () => {
  it('are as long as announced and read back', () => {
    fc.assert(
      fc.property(int32, (value) => {
        const buffer = Buffer.alloc(10)
        const end = writeVarint(buffer, 3, value)
        expect(end - 3).toBe(sizeOfVarint(value))
        expect(new Reader(buffer, 3).varint()).toBe(value)
      }),
    )
  })

  it('of 64 bits are as long as announced and read back', () => {
    fc.assert(
      fc.property(int64, (value) => {
        const buffer = Buffer.alloc(20)
        const end = writeVarlong(buffer, 3, value)
        expect(end - 3).toBe(sizeOfVarlong(value))
        expect(new Reader(buffer, 3).varlong()).toBe(value)
      }),
    )
  })

  it('are the same bytes for an int32 whether it comes as a number or as a bigint', () => {
    fc.assert(
      fc.property(int32, (value) => {
        const [asNumber, asBigInt] = [Buffer.alloc(10), Buffer.alloc(10)]
        expect(writeVarlong(asNumber, 0, value)).toBe(writeVarlong(asBigInt, 0, BigInt(value)))
        expect(asNumber).toEqual(asBigInt)
        expect(sizeOfVarlong(value)).toBe(sizeOfVarlong(BigInt(value)))
      }),
    )
  })
})
