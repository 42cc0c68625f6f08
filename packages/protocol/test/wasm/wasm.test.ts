import { instantiateWasm, viewWasmMemory, type WasmCode, type WasmValue, wasm, wasmFunction } from '@k/protocol'
import { afterEach, describe, expect, it, vi } from 'vitest'

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
  load128,
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
  store128,
  store16,
  store8,
  subtract,
  when,
  xor128,
} = wasm

function evaluate(expression: WasmValue): number {
  return instantiateWasm(1, { f: wasmFunction(0, () => [giveBack(expression)]) })!.f()
}

describe('an expression', () => {
  it.each([0, 1, 63, 64, 127, 128, 8191, 8192, 65535, 2 ** 31 - 1, -1, -64, -65, -8193, -(2 ** 31)])('is the constant %i', (value) => {
    expect(evaluate(value)).toBe(value)
  })

  it.each<[string, WasmCode, number]>([
    ['add', add(5, -7), -2],
    ['subtract', subtract(5, 7), -2],
    ['multiply', multiply(0x10001, 0x10001), 0x20001],
    ['and', and(12, 10), 8],
    ['or', or(12, 10), 14],
    ['shiftLeft', shiftLeft(3, 4), 48],
    ['shiftRight without a sign', shiftRight(-1, 28), 15],
    ['equal', equal(3, 3), 1],
    ['differs', differs(3, 3), 0],
    ['below without a sign', below(1, -1), 1],
    ['above without a sign', above(1, -1), 0],
    ['atLeast', atLeast(2, 3), 0],
  ])('calculates %s', (_, expression, value) => {
    expect(evaluate(expression)).toBe(value)
  })
})

describe('a function', () => {
  it('works on memory', () => {
    const { memory, move, mark, same, mix } = instantiateWasm(1, {
      move: wasmFunction(2, (from, to) => [copy16(to, from), copy8(add(to, 16), from), giveBack(load32(to))]),
      mark: wasmFunction(1, (at) => [
        fill(at, 7, 3),
        store8(add(at, 3), 0x1ff),
        store16(add(at, 4), 0x12345),
        giveBack(add(load8(add(at, 3)), load16(add(at, 4)))),
      ]),
      same: wasmFunction(2, (one, other) => [giveBack(sameOf8(one, other))]),
      mix: wasmFunction(2, (one, other) => [store128(one, xor128(load128(one, 0), load128(other, 200)), 100), giveBack(0)]),
    })!
    const bytes = Buffer.from(memory.buffer)
    bytes.write('0123456789abcdefX', 100, 'latin1')
    expect(move(100, 200)).toBe(0x33323130)
    expect(bytes.toString('latin1', 200, 225)).toBe('0123456789abcdef01234567\0')
    expect(mark(300)).toBe(0xff + 0x2345)
    expect(bytes.toString('hex', 300, 307)).toBe('070707ff452300')
    bytes.write('01234x67', 400, 'latin1')
    expect([same(100, 400), same(100, 200), same(100, 500)]).toEqual([5, 8, 0])
    bytes.fill(1, 600, 616)
    mix(100, 400)
    expect(bytes.toString('latin1', 200, 216)).toBe('1032547698`cbedg')
  })

  it('loops, decides and jumps out of what lies around it', () => {
    // How many steps Collatz needs to come from a number to 1; 1000 where there is no end.
    const f = wasmFunction(1, (number, steps) => [
      block((done) => [
        loop((again) => [
          jumpIf(equal(number, 1), done),
          increase(steps, 1),
          when(equal(steps, 1000), () => [jump(done)]),
          block((next) => [
            when(equal(and(number, 1), 0), () => [set(number, shiftRight(number, 1)), jump(next)]),
            set(number, add(multiply(number, 3), 1)),
          ]),
          jump(again),
        ]),
      ]),
      giveBack(steps),
    ])
    const collatz = instantiateWasm(1, { f })!.f
    expect([1, 2, 6, 27, 0].map((number) => collatz(number))).toEqual([0, 1, 8, 111, 1000])
  })
})

describe('memory', () => {
  const PAGE = 65536

  it('is as large as is asked for in the beginning, in whole pages', () => {
    expect([1, PAGE, PAGE + 1].map((bytes) => instantiateWasm(bytes, {})!.memory.buffer.byteLength)).toEqual([PAGE, PAGE, 2 * PAGE])
  })

  it('grows to what is asked for, keeps what is in it and never shrinks', () => {
    const view = viewWasmMemory(instantiateWasm(1, {})!.memory)
    view(1)[7] = 42
    expect([1, PAGE, PAGE + 1, 5 * PAGE, 1].map((bytes) => view(bytes).length)).toEqual([1, 1, 2, 5, 5].map((pages) => pages * PAGE))
    expect(view(1)[7]).toBe(42)
  })
})

describe('without WebAssembly', () => {
  afterEach(() => vi.unstubAllGlobals())

  class Refusing {
    constructor() {
      throw new Error('no vectors here')
    }
  }

  it.each([undefined, { Module: Refusing, Instance: Refusing }])('there is no instance', (replacement) => {
    vi.stubGlobal('WebAssembly', replacement)
    expect(instantiateWasm(1, {})).toBeUndefined()
  })
})
