import {
  above,
  add,
  atLeast,
  below,
  block,
  copy8,
  copy16,
  differs,
  equal,
  fill,
  giveBack,
  increase,
  jump,
  jumpIf,
  load8,
  load16,
  load32,
  loop,
  multiply,
  sameOf8,
  set,
  shiftLeft,
  shiftRight,
  store8,
  store16,
  subtract,
  type WasmCode,
  type WasmVariable,
  when,
} from './code.ts'
import { type WasmFunction, wasmFunction } from './module.ts'

const HASH_BITS = 13
// Two bytes for each hash; a sum here would keep all of this file in every bundle.
const TABLE = 16_384
const GOLDEN = 0x9e3779b1
const MIN_MATCH = 4

/** What a block is written with. */
export interface WasmBlockVariables {
  /** Where the input has been read up to. */
  readonly at: WasmVariable
  /** Where in the input the bytes begin that have not been written yet. */
  readonly anchor: WasmVariable
  /** Where the output goes on. */
  readonly to: WasmVariable
  /** Bytes of the match. */
  readonly length: WasmVariable
  /** How far back it lies. */
  readonly offset: WasmVariable
  /** For the format itself, which finds in it what it left there. */
  readonly mark: WasmVariable
  /** For the format itself, too. */
  readonly stop: WasmVariable
}

/** How a format says what a block is made of: bytes as they are, and matches, which repeat bytes before them. */
export interface WasmBlockFormat {
  /** The steps of the search become longer with each 2 to the power of this without a match. */
  readonly patience: number
  /** Bytes at the end in which no match begins: at least 4 more than `lastLiterals`, since no match is shorter. */
  readonly margin: number
  /** Bytes at the end that no match reaches. */
  readonly lastLiterals: number
  /** Writes the bytes from `anchor` up to `at`, of which there may be none; may change all variables but `at` and `offset`. */
  literals(v: WasmBlockVariables): readonly WasmCode[]
  /** Writes a match of `length`; may change that, `mark` and `stop`. */
  match(v: WasmBlockVariables): readonly WasmCode[]
  /** Writes what stands between two matches with no bytes between them. */
  adjoin(v: WasmBlockVariables): readonly WasmCode[]
}

const copy = (to: WasmVariable, from: WasmVariable, stop: WasmVariable): WasmCode =>
  loop((again) => [copy16(to, from), increase(to, 16), increase(from, 16), jumpIf(below(to, stop), again)])

const repeat = (o: {
  readonly to: WasmVariable
  readonly offset: WasmVariable
  readonly stop: WasmVariable
  readonly from: WasmVariable
  readonly spread: WasmVariable
}): WasmCode => {
  const { to, offset, stop, from, spread } = o
  return [
    ...set(from, subtract(to, offset)),
    ...block((copied) => [
      when(atLeast(offset, 16), () => [copy(to, from, stop), jump(copied)]),
      when(below(offset, 8), () => [
        // What repeats so soon is written out byte by byte, until more than 8 bytes of repetitions lie before us.
        set(spread, add(to, 8)),
        loop((again) => [store8(to, load8(from)), increase(to, 1), increase(from, 1), jumpIf(below(to, spread), again)]),
        loop((again) => [set(from, subtract(from, offset)), jumpIf(below(subtract(to, from), 8), again)]),
      ]),
      loop((again) => [copy8(to, from), increase(to, 8), increase(from, 8), jumpIf(below(to, stop), again)]),
    ]),
    ...set(to, stop),
  ]
}

const compressor = ({ patience, margin, lastLiterals, literals, match, adjoin }: WasmBlockFormat): WasmFunction => {
  return wasmFunction(3, (source, size, target, at, anchor, to, length, offset, mark, stop, candidate, slot, attempts, last, end) => {
    const v = { at, anchor, to, length, offset, mark, stop }
    const slotOf = (address: WasmVariable) => shiftLeft(shiftRight(multiply(load32(address), GOLDEN | 0), 32 - HASH_BITS), 1)
    // Who was here before, and that we are here now.
    const swapSlot = [...set(slot, slotOf(at)), ...set(candidate, add(source, load16(slot))), ...store16(slot, subtract(at, source))]

    return [
      ...[set(at, source), set(anchor, source), set(to, target)],
      fill(0, 0, TABLE),
      when(above(size, margin), () => [
        set(last, subtract(add(source, size), margin)),
        set(end, subtract(add(source, size), lastLiterals)),
        block((done) => [
          loop((search) => [
            increase(at, 1),
            set(attempts, 1 << patience),
            block((found) => [
              loop((again) => [
                jumpIf(above(at, last), done),
                swapSlot,
                jumpIf(equal(load32(candidate), load32(at)), found),
                increase(at, shiftRight(attempts, patience)),
                increase(attempts, 1),
                jump(again),
              ]),
            ]),
            // The match may have begun earlier.
            block((begun) => [
              loop((again) => [
                jumpIf(equal(at, anchor), begun),
                jumpIf(equal(candidate, source), begun),
                jumpIf(differs(load8(subtract(at, 1)), load8(subtract(candidate, 1))), begun),
                increase(at, -1),
                increase(candidate, -1),
                jump(again),
              ]),
            ]),
            ...literals(v),
            loop((adjoining) => [
              set(offset, subtract(at, candidate)),
              set(anchor, at),
              increase(at, MIN_MATCH),
              increase(candidate, MIN_MATCH),
              block((ended) => [
                loop((again) => [
                  set(length, sameOf8(at, candidate)),
                  increase(at, length),
                  increase(candidate, length),
                  jumpIf(below(length, 8), ended),
                  jumpIf(below(at, end), again),
                ]),
              ]),
              when(above(at, end), () => [set(at, end)]),
              set(length, subtract(at, anchor)),
              set(anchor, at),
              ...match(v),
              jumpIf(above(at, last), done),
              swapSlot,
              jumpIf(differs(load32(candidate), load32(at)), search),
              ...adjoin(v),
              jump(adjoining),
            ]),
          ]),
        ]),
      ]),
      set(at, add(source, size)),
      ...literals(v),
      giveBack(subtract(to, target)),
    ]
  })
}

/** What blocks of lz4 and of snappy are written and read by alike, in WebAssembly. For who writes a codec; a bundle that does not name it has none of it. */
export const wasmBlocks = {
  /** Bytes that may be read and written behind each end: copies are of 16 at a time. */
  SLACK: 32,
  /** Bytes at the beginning of the memory in which the compressor remembers where each four bytes were seen last. */
  TABLE,
  /** Copies up to `stop`, at least a byte; `to` and `from` are somewhere behind it then. */
  copy,
  /** Repeats what lies `offset` bytes before `to`, up to `stop`, which is where `to` is then; `from` and `spread` are variables to work with. */
  repeat,
  /**
   * compress(source, size, target): the bytes written for a block of at most 64 KB. Wherever four bytes occur again, as far as a small table remembers,
   * they become a match; where none is found for long, the search takes longer steps.
   */
  compressor,
} as const
