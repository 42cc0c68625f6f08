import * as code from './code.ts'

/**
 * The words that the compression packages write their WebAssembly in, each of which becomes instructions: {@link wasmFunction} makes functions of
 * these, and {@link instantiateWasm} puts them to work. For who writes a codec; where it is not named, a bundle has none of it.
 */
export const wasm = {
  above: code.above,
  add: code.add,
  and: code.and,
  atLeast: code.atLeast,
  below: code.below,
  block: code.block,
  copy16: code.copy16,
  copy8: code.copy8,
  differs: code.differs,
  equal: code.equal,
  fill: code.fill,
  giveBack: code.giveBack,
  increase: code.increase,
  jump: code.jump,
  jumpIf: code.jumpIf,
  load128: code.load128,
  load16: code.load16,
  load32: code.load32,
  load8: code.load8,
  loop: code.loop,
  multiply: code.multiply,
  or: code.or,
  sameOf8: code.sameOf8,
  set: code.set,
  shiftLeft: code.shiftLeft,
  shiftRight: code.shiftRight,
  store128: code.store128,
  store16: code.store16,
  store8: code.store8,
  subtract: code.subtract,
  when: code.when,
  xor128: code.xor128,
} as const
