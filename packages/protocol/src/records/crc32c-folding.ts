import { add, type Code, get, load16, repeatWhileBelow, set, store16, wasmFunction, xor16 } from './wasm-function.ts'

// The polynomial of CRC-32C divides 1 + x^128 + x^(12*128) + x^(18*128) + x^(58*128) + x^(71*128) + x^(75*128) + x^(79*128). Adding multiples of
// that sum does not change a checksum, so sixteen bytes can be cancelled by adding them, in place, to the sixteen bytes that lie 4, 8, 21, 61,
// 67, 78 and 79 places further on: seven exclusive ors, no table. What is left in the end is as long as the sum, whatever there was.
const DISTANCES = [4, 8, 21, 61, 67, 78, 79]
const WIDTH = 16
/** Bytes that are always left. */
const LEFT = 79 * WIDTH
/** Bytes that are folded at once: more need more memory, fewer leave something over more often. */
const PIECE = 256 * 1024

const END = 0
const AT = 1
const LIMIT = 2

// The bytes lie `LEFT` behind address 0, behind zeros. Instead of adding forwards, each sixteen bytes collect from those before them.
const collectFrom = (distances: readonly number[]): Code => [
  ...[...get(AT), ...get(AT), ...load16(LEFT)],
  ...distances.flatMap((distance) => [...get(AT), ...load16(LEFT - distance * WIDTH), ...xor16]),
  ...store16(LEFT),
  ...[...get(AT), ...add(WIDTH), ...set(AT)],
]

// Those that are left collect only from what was cancelled, not from each other.
const collectIntoTheRest = (distance: number): Code => [
  ...[...get(END), ...set(AT)],
  ...[...get(END), ...add(distance * WIDTH), ...set(LIMIT)],
  ...repeatWhileBelow(AT, LIMIT, collectFrom([distance])),
]

/** Shortens bytes without changing their CRC-32C. */
export interface Folding {
  /**
   * Takes at most {@link Folding.maxBytes}.
   * @param register - the checksum's register before these bytes (not inverted); it is 0 before those that are returned
   * @returns a view that is good until the next call
   */
  fold(bytes: Uint8Array, register: number): Uint8Array
  readonly minBytes: number
  readonly maxBytes: number
}

/** The folding, where this machine can do it. */
export function createFolding(): Folding | undefined {
  const body = [...repeatWhileBelow(AT, END, collectFrom(DISTANCES)), ...DISTANCES.flatMap(collectIntoTheRest)]
  const folding = wasmFunction({ bytes: LEFT + PIECE, parameters: 1, locals: 2, body })
  if (folding === undefined) return undefined
  const { memory, call } = folding
  const view = new DataView(memory.buffer)
  return {
    minBytes: LEFT + WIDTH,
    maxBytes: PIECE,
    fold(bytes, register) {
      memory.set(bytes, LEFT)
      view.setUint32(LEFT, view.getUint32(LEFT, true) ^ register, true)
      const end = Math.floor((bytes.length - LEFT) / WIDTH) * WIDTH
      call(end)
      return memory.subarray(LEFT + end, LEFT + bytes.length)
    },
  }
}
