import { type WasmCode, type WasmFunction, type WasmVariable, wasm, wasmBlocks, wasmFunction } from '@k/protocol'
import { COPY_1, COPY_2, LITERAL, LONGEST_IN_TAG, MIN_COPY } from './block-format.ts'

const {
  above,
  add,
  and,
  atLeast,
  below,
  block,
  equal,
  giveBack,
  increase,
  jump,
  load16,
  load32,
  load8,
  loop,
  or,
  set,
  shiftLeft,
  shiftRight,
  store16,
  store8,
  subtract,
  when,
} = wasm

/** compress(source, size, target): the bytes of the elements written, of up to 64 KB. */
export const compress = (): WasmFunction =>
  wasmBlocks.compressor({
    patience: 5,
    margin: 15,
    lastLiterals: 0,

    literals: ({ at, to, anchor, length, stop }) => [
      when(above(at, anchor), () => [
        set(length, subtract(subtract(at, anchor), 1)),
        block((written) => [
          when(below(length, LONGEST_IN_TAG), () => [store8(to, shiftLeft(length, 2)), increase(to, 1), jump(written)]),
          when(below(length, 256), () => [store8(to, LONGEST_IN_TAG << 2), store8(add(to, 1), length), increase(to, 2), jump(written)]),
          store8(to, (LONGEST_IN_TAG + 1) << 2),
          store16(add(to, 1), length),
          increase(to, 3),
        ]),
        set(stop, add(to, subtract(at, anchor))),
        wasmBlocks.copy(to, anchor, stop),
        set(to, stop),
      ]),
    ],

    match: ({ to, length, offset }) => {
      const copyOf = (bytes: number | WasmVariable) => [
        ...store8(to, or(shiftLeft(subtract(bytes, 1), 2), COPY_2)),
        ...store16(add(to, 1), offset),
        ...increase(to, 3),
      ]
      // A copy is of 64 bytes at most, and what remains for the last one must not be too short for the shorter form.
      return [
        block((written) => [
          loop((again) => [when(above(length, 67), () => [copyOf(64), increase(length, -64), jump(again)])]),
          when(above(length, 64), () => [copyOf(60), increase(length, -60)]),
          when(and(below(length, 12), below(offset, 2048)), () => [
            store8(to, or(or(shiftLeft(subtract(length, MIN_COPY), 2), shiftLeft(shiftRight(offset, 8), 5)), COPY_1)),
            store8(add(to, 1), offset),
            increase(to, 2),
            jump(written),
          ]),
          copyOf(length),
        ]),
      ]
    },

    adjoin: () => [],
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
          wasmBlocks.copy(to, from, stop),
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
        wasmBlocks.repeat({ to, offset, stop, from, spread: tag }),
        jump(element),
      ]),
      giveBack(0),
    ]
  })
