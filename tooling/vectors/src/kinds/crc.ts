import { crc32 } from 'node:zlib'
import { crc32c } from '@k/protocol'
import { expectSame } from '../outcome.ts'
import { type PayloadDescription, payloadOf } from '../payload.ts'

interface CrcVector {
  readonly hex?: string
  readonly payload?: PayloadDescription
  readonly crc32: number
  readonly crc32c: number
}

/** The checksums: of record batches (CRC-32C), and of older messages (CRC-32, which Node has). */
export function checkCrc(vector: CrcVector): void {
  const bytes = vector.payload === undefined ? Buffer.from(vector.hex as string, 'hex') : payloadOf(vector.payload)
  expectSame('crc32c', vector.crc32c, crc32c(bytes))
  const padded = Buffer.concat([Buffer.alloc(3), bytes, Buffer.alloc(5)])
  expectSame('crc32c of a part', vector.crc32c, crc32c(padded, 3, 3 + bytes.length))
  expectSame('crc32', vector.crc32, crc32(bytes))
}
