import type { Bytes } from '@k/protocol'
import fc from 'fast-check'

/** A record as it is appended. */
export interface GivenRecord {
  readonly timestamp: number | bigint
  readonly key: Bytes | null
  readonly value: Bytes | null
  readonly headers: [string, Bytes | null][]
}

// Lengths around those at which a varint grows, in characters of one to four bytes, lone surrogates included.
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 200 }),
  fc.string({ unit: fc.constantFrom('a', '\u00fc', '\u6f22', '\ud83d\ude00', '\ud800', '\udc00'), minLength: 20, maxLength: 70 }),
  fc.tuple(fc.constantFrom('a', '\u00fc', '\u6f22'), fc.integer({ min: 2700, max: 8200 })).map(([unit, length]) => unit.repeat(length)),
)
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.integer({ min: 60, max: 70 }).map((length) => Buffer.alloc(length, 7)),
  fc.integer({ min: 8185, max: 8195 }).map((length) => new Uint8Array(length).fill(9)),
)
const field = fc.oneof(fc.constant(null), text, bytes)
const timestamp = fc.oneof(
  fc.integer({ min: 1_700_000_000_000, max: 1_700_000_100_000 }),
  fc.integer({ min: -(2 ** 52), max: 2 ** 52 }),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
)
const headers = fc.array(fc.tuple(text, field), { maxLength: 3 })

export const givenRecord: fc.Arbitrary<GivenRecord> = fc.record({ timestamp, key: field, value: field, headers })

/** What `Bytes` become on the wire. */
export function asBuffer(value: Bytes | null): Buffer | null {
  return value === null ? null : Buffer.from(value as string)
}
