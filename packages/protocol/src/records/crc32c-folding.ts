import {
  add,
  below,
  giveBack,
  increase,
  jumpIf,
  load128,
  loop,
  set,
  store128,
  type WasmCode,
  type WasmValue,
  type WasmVariable,
  xor128,
} from '../wasm/code.ts'
import { instantiateWasm, wasmFunction } from '../wasm/module.ts'

// The polynomial of CRC-32C divides 1 + x^128 + x^(12*128) + x^(18*128) + x^(58*128) + x^(71*128) + x^(75*128) + x^(79*128). Adding multiples of
// that sum does not change a checksum, so sixteen bytes can be cancelled by adding them, in place, to the sixteen bytes that lie 4, 8, 21, 61,
// 67, 78 and 79 places further on: seven exclusive ors, no table. What is left in the end is as long as the sum, whatever there was.
const DISTANCES = [4, 8, 21, 61, 67, 78, 79]
const WIDTH = 16
/** Bytes that are always left. */
const LEFT = 79 * WIDTH
/** Bytes that are folded at once: more need more memory, fewer leave something over more often. */
const PIECE = 256 * 1024

// The bytes lie `LEFT` behind address 0, behind zeros. Instead of adding forwards, each sixteen bytes collect from those before them.
const collectWhileBelow = (at: WasmVariable, limit: WasmValue, distances: readonly number[]): WasmCode =>
  loop((again) => [
    store128(
      at,
      distances.reduce((sum, distance) => xor128(sum, load128(at, LEFT - distance * WIDTH)), load128(at, LEFT)),
      LEFT,
    ),
    increase(at, WIDTH),
    jumpIf(below(at, limit), again),
  ])

const fold = () =>
  wasmFunction(1, (end, at) => [
    collectWhileBelow(at, end, DISTANCES),
    // Those that are left collect only from what was cancelled, not from each other.
    ...DISTANCES.flatMap((distance) => [set(at, end), collectWhileBelow(at, add(end, distance * WIDTH), [distance])]),
    giveBack(end),
  ])

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
  const instance = instantiateWasm(LEFT + PIECE, { fold: fold() })
  if (instance === undefined) return undefined
  const memory = new Uint8Array(instance.memory.buffer)
  const view = new DataView(memory.buffer)
  return {
    minBytes: LEFT + WIDTH,
    maxBytes: PIECE,
    fold(bytes, register) {
      memory.set(bytes, LEFT)
      view.setUint32(LEFT, view.getUint32(LEFT, true) ^ register, true)
      const end = Math.floor((bytes.length - LEFT) / WIDTH) * WIDTH
      instance.fold(end)
      return memory.subarray(LEFT + end, LEFT + bytes.length)
    },
  }
}
