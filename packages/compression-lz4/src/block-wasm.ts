import { type WasmCode, type WasmFunction, type WasmVariable, wasm, wasmFunction } from '@k/protocol'
import { LAST_LITERALS, MALFORMED, MATCH_LIMIT, MIN_MATCH, TOO_LONG } from './block-format.ts'

const {
  above,
  add,
  and,
  atLeast,
  below,
  block,
  copy16,
  copy8,
  differs,
  equal,
  fill,
  giveBack,
  increase,
  jump,
  jumpIf,
  load16,
  load32,
  load8,
  loop,
  multiply,
  or,
  sameOf8,
  set,
  shiftLeft,
  shiftRight,
  store16,
  store8,
  subtract,
  when,
} = wasm

/** Copies are of 16 bytes at a time: that much may be read and written behind each end. */
export const SLACK = 32
const HASH_BITS = 13
/** Bytes of the table, at address 0, of where each four bytes were seen last. */
export const TABLE = 2 << HASH_BITS
const GOLDEN = 0x9e3779b1
const LONGEST_IN_TOKEN = 15

/**
 * compress(source, size, target): the bytes written. A block of up to 64 KB, independent of those before it. Wherever four bytes occur again, as
 * far as a small table remembers, they become a match; where none is found for long, the search takes longer steps.
 */
export const compress = (): WasmFunction =>
  wasmFunction(3, (source, size, target, at, to, anchor, candidate, slot, token, length, attempts, next, lastMatch, matchEnd) => {
    const slotOf = (address: WasmVariable) => shiftLeft(shiftRight(multiply(load32(address), GOLDEN | 0), 32 - HASH_BITS), 1)
    // Who was here before, and that we are here now.
    const swapSlot = [...set(slot, slotOf(at)), ...set(candidate, add(source, load16(slot))), ...store16(slot, subtract(at, source))]
    const literals = [
      ...set(length, subtract(at, anchor)),
      ...set(token, to),
      ...increase(to, 1),
      ...store8(token, shiftLeft(LONGEST_IN_TOKEN, 4)),
      ...block((written) => [
        when(below(length, LONGEST_IN_TOKEN), () => [store8(token, shiftLeft(length, 4)), jump(written)]),
        writeRest(to, length),
      ]),
      ...set(next, to),
      ...set(to, add(to, subtract(at, anchor))),
      ...loop((again) => [copy16(next, anchor), increase(next, 16), increase(anchor, 16), jumpIf(below(next, to), again)]),
    ]

    return [
      set(at, source),
      set(anchor, source),
      set(to, target),
      fill(0, 0, TABLE),
      when(above(size, MATCH_LIMIT), () => [
        set(lastMatch, subtract(add(source, size), MATCH_LIMIT)),
        set(matchEnd, subtract(add(source, size), LAST_LITERALS)),
        block((done) => [
          loop((search) => [
            increase(at, 1),
            set(attempts, 1 << 6),
            block((found) => [
              loop((again) => [
                jumpIf(above(at, lastMatch), done),
                swapSlot,
                jumpIf(equal(load32(candidate), load32(at)), found),
                increase(at, shiftRight(attempts, 6)),
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
            literals,
            loop((adjoining) => [
              store16(to, subtract(at, candidate)),
              increase(to, 2),
              increase(at, MIN_MATCH),
              increase(candidate, MIN_MATCH),
              set(anchor, at),
              block((ended) => [
                loop((again) => [
                  set(length, sameOf8(at, candidate)),
                  increase(at, length),
                  increase(candidate, length),
                  jumpIf(below(length, 8), ended),
                  jumpIf(below(at, matchEnd), again),
                ]),
              ]),
              when(above(at, matchEnd), () => [set(at, matchEnd)]),
              set(length, subtract(at, anchor)),
              set(anchor, at),
              block((written) => [
                when(below(length, LONGEST_IN_TOKEN), () => [store8(token, or(load8(token), length)), jump(written)]),
                store8(token, or(load8(token), LONGEST_IN_TOKEN)),
                writeRest(to, length),
              ]),
              jumpIf(above(at, lastMatch), done),
              set(next, subtract(at, 2)),
              store16(slotOf(next), subtract(next, source)),
              swapSlot,
              jumpIf(differs(load32(candidate), load32(at)), search),
              // No literal lies between.
              set(token, to),
              increase(to, 1),
              store8(token, 0),
              jump(adjoining),
            ]),
          ]),
        ]),
      ]),
      set(at, add(source, size)),
      literals,
      giveBack(subtract(to, target)),
    ]
  })

/**
 * decompress(source, size, target, limit, history): the bytes written, or what is wrong. Whatever the input says, it is read up to its end, written
 * up to `limit`, and copied from nowhere before `history`, where the bytes before `target` begin.
 */
export const decompress = (): WasmFunction =>
  wasmFunction(5, (source, size, target, limit, history, at, to, end, last, token, length, byte, from, offset, stop) => {
    const readRest = [
      ...when(equal(length, LONGEST_IN_TOKEN), () => [
        loop((again) => [
          when(atLeast(at, end), () => [giveBack(MALFORMED)]),
          set(byte, load8(at)),
          increase(at, 1),
          increase(length, byte),
          jumpIf(equal(byte, 255), again),
        ]),
      ]),
    ]
    const ensureRoom = when(above(length, subtract(last, to)), () => [giveBack(TOO_LONG)])

    return [
      set(at, source),
      set(end, add(source, size)),
      set(to, target),
      set(last, add(target, limit)),
      loop((sequence) => [
        when(atLeast(at, end), () => [giveBack(MALFORMED)]),
        set(token, load8(at)),
        increase(at, 1),

        set(length, shiftRight(token, 4)),
        readRest,
        when(above(length, subtract(end, at)), () => [giveBack(MALFORMED)]),
        ensureRoom,
        set(from, at),
        set(stop, add(to, length)),
        increase(at, length),
        loop((again) => [copy16(to, from), increase(to, 16), increase(from, 16), jumpIf(below(to, stop), again)]),
        set(to, stop),
        when(equal(at, end), () => [giveBack(subtract(to, target))]),

        when(below(subtract(end, at), 2), () => [giveBack(MALFORMED)]),
        set(offset, load16(at)),
        increase(at, 2),
        // 0 becomes the largest number.
        when(atLeast(subtract(offset, 1), subtract(to, history)), () => [giveBack(MALFORMED)]),
        set(length, and(token, LONGEST_IN_TOKEN)),
        readRest,
        increase(length, MIN_MATCH),
        ensureRoom,
        set(stop, add(to, length)),
        set(from, subtract(to, offset)),
        block((copied) => [
          when(atLeast(offset, 16), () => [
            loop((again) => [copy16(to, from), increase(to, 16), increase(from, 16), jumpIf(below(to, stop), again)]),
            jump(copied),
          ]),
          when(below(offset, 8), () => [
            // What repeats so soon is written out byte by byte, until more than 8 bytes of repetitions lie before us.
            set(byte, add(to, 8)),
            loop((again) => [store8(to, load8(from)), increase(to, 1), increase(from, 1), jumpIf(below(to, byte), again)]),
            loop((again) => [set(from, subtract(from, offset)), jumpIf(below(subtract(to, from), 8), again)]),
          ]),
          loop((again) => [copy8(to, from), increase(to, 8), increase(from, 8), jumpIf(below(to, stop), again)]),
        ]),
        set(to, stop),
        jump(sequence),
      ]),
    ]
  })

// Behind a token that says 15: the rest, in bytes of which one below 255 is the last.
function writeRest(to: WasmVariable, length: WasmVariable): WasmCode {
  return [
    ...increase(length, -LONGEST_IN_TOKEN),
    ...loop((again) => [
      when(atLeast(length, 255), () => [store8(to, 255), increase(to, 1), increase(length, -255), jump(again)]),
      store8(to, length),
      increase(to, 1),
    ]),
  ]
}
