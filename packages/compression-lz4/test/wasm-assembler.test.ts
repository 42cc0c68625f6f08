import { afterEach, describe, expect, it, vi } from 'vitest'
import {
  above,
  add,
  and,
  atLeast,
  atMost,
  below,
  type Code,
  copy8,
  copy16,
  differs,
  equal,
  fill,
  giveBack,
  increase,
  instantiate,
  load8,
  load16,
  load32,
  multiply,
  or,
  sameOf8,
  set,
  shiftLeft,
  shiftRight,
  store8,
  store16,
  subtract,
  type Value,
  wasmFunction,
} from '../src/wasm-assembler.ts'

function evaluate(expression: Value): number {
  return instantiate(1, [wasmFunction('f', [], () => [giveBack(expression)])])!.call.f!()
}

describe('an expression', () => {
  it.each([0, 1, 63, 64, 127, 128, 8191, 8192, 65535, 2 ** 31 - 1, -1, -64, -65, -8193, -(2 ** 31)])('is the constant %i', (value) => {
    expect(evaluate(value)).toBe(value)
  })

  it.each<[string, Code, number]>([
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
    ['atMost', atMost(3, 3), 1],
    ['atLeast', atLeast(2, 3), 0],
  ])('calculates %s', (_, expression, value) => {
    expect(evaluate(expression)).toBe(value)
  })
})

describe('a function', () => {
  it('works on memory', () => {
    const { call, memory } = instantiate(1, [
      wasmFunction('move', ['from', 'to'], ({ from, to }) => [copy16(to, from), copy8(add(to, 16), from), giveBack(load32(to))]),
      wasmFunction('mark', ['at'], ({ at }) => [
        fill(at, 7, 3),
        store8(add(at, 3), 0x1ff),
        store16(add(at, 4), 0x12345),
        giveBack(add(load8(add(at, 3)), load16(add(at, 4)))),
      ]),
      wasmFunction('same', ['one', 'other'], ({ one, other }) => [giveBack(sameOf8(one, other))]),
    ])!
    const bytes = Buffer.from(memory.buffer)
    bytes.write('0123456789abcdefX', 100, 'latin1')
    expect(call.move!(100, 200)).toBe(0x33323130)
    expect(bytes.toString('latin1', 200, 225)).toBe('0123456789abcdef01234567\0')
    expect(call.mark!(300)).toBe(0xff + 0x2345)
    expect(bytes.toString('hex', 300, 307)).toBe('070707ff452300')
    bytes.write('01234x67', 400, 'latin1')
    expect([call.same!(100, 400), call.same!(100, 200), call.same!(100, 500)]).toEqual([5, 8, 0])
  })

  it('loops, decides and jumps out of what lies around it', () => {
    // How many steps Collatz needs to come from a number to 1; 1000 where there is no end.
    const f = wasmFunction('f', ['number'], ({ number }, { variables, block, loop, when, jump, jumpIf }) => {
      const { steps } = variables('steps')
      return [
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
      ]
    })
    const { call } = instantiate(1, [f])!
    expect([1, 2, 6, 27, 0].map((number) => call.f!(number))).toEqual([0, 1, 8, 111, 1000])
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
    expect(instantiate(1, [])).toBeUndefined()
  })
})
