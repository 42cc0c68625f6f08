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
/** The most bytes that are folded at once: more need more memory, fewer leave something over more often. */
export const MAX_FOLDED: number = 256 * 1024
/** Of fewer bytes copying and folding save nothing, and below {@link LEFT} there is nothing to fold. */
export const MIN_FOLDED = 2048

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

/**
 * Shortens bytes, from {@link MIN_FOLDED} to {@link MAX_FOLDED} of them, without changing their CRC-32C.
 * @param register - the checksum's register before these bytes (not inverted); it is 0 before those that are returned
 * @returns a view that is good until the next call
 */
export type Fold = (bytes: Uint8Array, register: number) => Uint8Array

/** The folding, where this machine can do it. */
export function createFold(): Fold | undefined {
  const instance = instantiateWasm(LEFT + MAX_FOLDED, { fold: fold() })
  if (instance === undefined) return undefined
  const memory = new Uint8Array(instance.memory.buffer)
  return (bytes, register) => {
    memory.set(bytes, LEFT)
    for (let i = 0; i < 4; i++) memory[LEFT + i]! ^= register >> (i * 8)
    const end = Math.floor((bytes.length - LEFT) / WIDTH) * WIDTH
    instance.fold(end)
    return memory.subarray(LEFT + end, LEFT + bytes.length)
  }
}
