import type { SeededRandom } from './seeded-random.ts'

/** Makes hostile bytes out of good ones; the good ones stay as they are. */
export type Mutation = (bytes: Buffer, random: SeededRandom) => Buffer

// What a length or a count may lie: the largest, the smallest, null, almost null, one too many.
const LIES = ['7fffffff', 'ffffffff', '80000000', 'fffffffe', '7fff', 'ffff', '8000', '00000001', '0100', '00']
// Compact lengths of 2^31 - 1, 2^32 - 1 and 0, and varints of 11 bytes, as nobody writes them.
const VARINT_LIES = [
  '8080808008',
  'ffffffff07',
  'ffffffff0f',
  '00',
  '01',
  `${'ff'.repeat(10)}01`,
  `${'80'.repeat(10)}00`,
  `${'ff'.repeat(9)}01`,
]

const position = (bytes: Buffer, random: SeededRandom) => random.below(bytes.length + 1)

function splice(bytes: Buffer, at: number, removed: number, inserted: Uint8Array): Buffer {
  return Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(Math.min(bytes.length, at + removed))])
}

function overwriteWith(lies: readonly string[]): Mutation {
  return (bytes, random) => {
    const lie = Buffer.from(random.pick(lies), 'hex')
    return splice(bytes, position(bytes, random), random.below(2) === 0 ? lie.length : 1, lie)
  }
}

/** Every way in which bytes are spoilt. */
export const mutations: readonly Mutation[] = [
  // Truncation
  (bytes, random) => bytes.subarray(0, position(bytes, random)),
  // One bit
  (bytes, random) => {
    const copy = Buffer.from(bytes)
    if (copy.length > 0) copy[random.below(copy.length)]! ^= 1 << random.below(8)
    return copy
  },
  // Some bytes
  (bytes, random) => splice(bytes, position(bytes, random), random.below(8), random.bytes(random.below(8))),
  // A part again, or elsewhere
  (bytes, random) => {
    const from = position(bytes, random)
    return splice(bytes, position(bytes, random), random.below(16), bytes.subarray(from, from + random.below(64)))
  },
  overwriteWith(LIES),
  overwriteWith(VARINT_LIES),
  // Random bytes, of no message at all
  (_, random) => random.bytes(random.below(200)),
  // Something after the end
  (bytes, random) => Buffer.concat([bytes, random.bytes(1 + random.below(8))]),
]

/** One mutation, or a few on top of each other. */
export function mutate(bytes: Buffer, random: SeededRandom): Buffer {
  let mutated = bytes
  for (let times = 1 + random.below(3); times > 0; times--) mutated = random.pick(mutations)(mutated, random)
  return mutated
}
