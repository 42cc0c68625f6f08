import { type WasmCode, type WasmFunction, type WasmVariable, wasm, wasmBlocks, wasmFunction } from '@k/protocol'
import { LAST_LITERALS, MALFORMED, MATCH_LIMIT, MIN_MATCH, TOO_LONG } from './block-format.ts'

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
  jumpIf,
  load16,
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

const LONGEST_IN_TOKEN = 15

/** compress(source, size, target): the bytes written. A block of up to 64 KB, independent of those before it. */
export const compress = (): WasmFunction =>
  wasmBlocks.compressor({
    patience: 6,
    margin: MATCH_LIMIT,
    lastLiterals: LAST_LITERALS,

    literals: ({ at, to, anchor, length, mark: token, stop }) => [
      set(length, subtract(at, anchor)),
      set(token, to),
      increase(to, 1),
      store8(token, shiftLeft(LONGEST_IN_TOKEN, 4)),
      block((written) => [
        when(below(length, LONGEST_IN_TOKEN), () => [store8(token, shiftLeft(length, 4)), jump(written)]),
        writeRest(to, length),
      ]),
      set(stop, add(to, subtract(at, anchor))),
      wasmBlocks.copy(to, anchor, stop),
      set(to, stop),
    ],

    match: ({ to, length, offset, mark: token }) => [
      store16(to, offset),
      increase(to, 2),
      increase(length, -MIN_MATCH),
      block((written) => [
        when(below(length, LONGEST_IN_TOKEN), () => [store8(token, or(load8(token), length)), jump(written)]),
        store8(token, or(load8(token), LONGEST_IN_TOKEN)),
        writeRest(to, length),
      ]),
    ],

    adjoin: ({ to, mark: token }) => [set(token, to), increase(to, 1), store8(token, 0)],
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
        wasmBlocks.copy(to, from, stop),
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
        wasmBlocks.repeat({ to, offset, stop, from, spread: byte }),
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
