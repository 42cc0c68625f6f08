import { type WasmCode, type WasmFunction, type WasmVariable, wasm, wasmFunction } from '@k/protocol'
import { COPY_1, COPY_2, LITERAL, LONGEST_IN_TAG, MIN_COPY } from './block-format.ts'

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
// Closer to the end no match is looked for.
const MARGIN = 15

/**
 * compress(source, size, target): the bytes of the elements written, of up to 64 KB. Wherever four bytes occur again, as far as a small table
 * remembers, they become a copy; where none is found for long, the search takes longer steps.
 */
export const compress = (): WasmFunction =>
  wasmFunction(3, (source, size, target, at, to, end, last, anchor, candidate, slot, length, attempts, stop, offset) => {
    const slotOf = (address: WasmVariable) => shiftLeft(shiftRight(multiply(load32(address), GOLDEN | 0), 32 - HASH_BITS), 1)
    // Who was here before, and that we are here now.
    const swapSlot = [...set(slot, slotOf(at)), ...set(candidate, add(source, load16(slot))), ...store16(slot, subtract(at, source))]
    const literal = when(above(at, anchor), () => [
      set(length, subtract(subtract(at, anchor), 1)),
      block((written) => [
        when(below(length, LONGEST_IN_TAG), () => [store8(to, shiftLeft(length, 2)), increase(to, 1), jump(written)]),
        when(below(length, 256), () => [store8(to, LONGEST_IN_TAG << 2), store8(add(to, 1), length), increase(to, 2), jump(written)]),
        store8(to, (LONGEST_IN_TAG + 1) << 2),
        store16(add(to, 1), length),
        increase(to, 3),
      ]),
      set(stop, add(to, subtract(at, anchor))),
      loop((again) => [copy16(to, anchor), increase(to, 16), increase(anchor, 16), jumpIf(below(to, stop), again)]),
      set(to, stop),
    ])
    const copyOf = (bytes: number | WasmVariable) => [
      ...store8(to, or(shiftLeft(subtract(bytes, 1), 2), COPY_2)),
      ...store16(add(to, 1), offset),
      ...increase(to, 3),
    ]
    // A copy is of 64 bytes at most, and what remains for the last one must not be too short for the shorter form.
    const copies = block((written) => [
      loop((again) => [when(above(length, 67), () => [copyOf(64), increase(length, -64), jump(again)])]),
      when(above(length, 64), () => [copyOf(60), increase(length, -60)]),
      when(and(below(length, 12), below(offset, 2048)), () => [
        store8(to, or(or(shiftLeft(subtract(length, MIN_COPY), 2), shiftLeft(shiftRight(offset, 8), 5)), COPY_1)),
        store8(add(to, 1), offset),
        increase(to, 2),
        jump(written),
      ]),
      copyOf(length),
    ])

    return [
      set(at, source),
      set(anchor, source),
      set(to, target),
      set(end, add(source, size)),
      fill(0, 0, TABLE),
      when(above(size, MARGIN), () => [
        set(last, subtract(end, MARGIN)),
        block((done) => [
          loop((search) => [
            increase(at, 1),
            set(attempts, 1 << 5),
            block((found) => [
              loop((again) => [
                jumpIf(above(at, last), done),
                swapSlot,
                jumpIf(equal(load32(candidate), load32(at)), found),
                increase(at, shiftRight(attempts, 5)),
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
            literal,
            loop((adjoining) => [
              set(offset, subtract(at, candidate)),
              set(anchor, at),
              increase(at, MIN_COPY),
              increase(candidate, MIN_COPY),
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
              copies,
              jumpIf(above(at, last), done),
              swapSlot,
              jumpIf(equal(load32(candidate), load32(at)), adjoining),
              jump(search),
            ]),
          ]),
        ]),
      ]),
      set(at, end),
      literal,
      giveBack(subtract(to, target)),
    ]
  })

/**
 * decompress(source, end, target, length): 1 where the elements from `source` to `end` become exactly `length` bytes, else 0. Whatever the input
 * says, nothing but it is read, nothing but these bytes is written, and copied from nowhere but them.
 */
export const decompress = (): WasmFunction =>
  wasmFunction(4, (source, end, target, whole, at, to, last, tag, kind, length, offset, from, stop) => {
    const refuseIf = (condition: WasmCode) => when(condition, () => [giveBack(0)])

    return [
      set(at, source),
      set(to, target),
      set(last, add(target, whole)),
      loop((element) => [
        when(atLeast(at, end), () => [giveBack(equal(to, last))]),
        set(tag, load8(at)),
        set(kind, and(tag, 3)),
        increase(at, 1),

        when(equal(kind, LITERAL), () => [
          set(length, add(shiftRight(tag, 2), 1)),
          when(above(length, LONGEST_IN_TAG), () => [
            // One to four bytes; what they say is one less, too.
            set(offset, subtract(length, LONGEST_IN_TAG)),
            set(length, and(load32(at), shiftRight(-1, subtract(32, shiftLeft(offset, 3))))),
            increase(at, offset),
            refuseIf(above(at, end)),
            refuseIf(equal(length, -1)),
            increase(length, 1),
          ]),
          refuseIf(above(length, subtract(end, at))),
          refuseIf(above(length, subtract(last, to))),
          set(from, at),
          set(stop, add(to, length)),
          increase(at, length),
          loop((again) => [copy16(to, from), increase(to, 16), increase(from, 16), jumpIf(below(to, stop), again)]),
          set(to, stop),
          jump(element),
        ]),

        block((read) => [
          when(equal(kind, COPY_1), () => [
            set(length, add(and(shiftRight(tag, 2), 7), MIN_COPY)),
            set(offset, or(shiftLeft(shiftRight(tag, 5), 8), load8(at))),
            increase(at, 1),
            jump(read),
          ]),
          set(length, add(shiftRight(tag, 2), 1)),
          when(equal(kind, COPY_2), () => [set(offset, load16(at)), increase(at, 2), jump(read)]),
          set(offset, load32(at)),
          increase(at, 4),
        ]),
        refuseIf(above(at, end)),
        // 0 becomes the largest number.
        refuseIf(atLeast(subtract(offset, 1), subtract(to, target))),
        refuseIf(above(length, subtract(last, to))),
        set(stop, add(to, length)),
        set(from, subtract(to, offset)),
        block((copied) => [
          when(atLeast(offset, 16), () => [
            loop((again) => [copy16(to, from), increase(to, 16), increase(from, 16), jumpIf(below(to, stop), again)]),
            jump(copied),
          ]),
          when(below(offset, 8), () => [
            // What repeats so soon is written out byte by byte, until more than 8 bytes of repetitions lie before us.
            set(tag, add(to, 8)),
            loop((again) => [store8(to, load8(from)), increase(to, 1), increase(from, 1), jumpIf(below(to, tag), again)]),
            loop((again) => [set(from, subtract(from, offset)), jumpIf(below(subtract(to, from), 8), again)]),
          ]),
          loop((again) => [copy8(to, from), increase(to, 8), increase(from, 8), jumpIf(below(to, stop), again)]),
        ]),
        set(to, stop),
        jump(element),
      ]),
      giveBack(0),
    ]
  })
