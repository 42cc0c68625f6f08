// Instructions of WebAssembly, written as expressions and statements: https://webassembly.github.io/spec/core/binary/

/** Instructions, as bytes. */
export type WasmCode = readonly number[]

/** A parameter, or a variable of the function: the instruction that puts it onto the stack, with its place among them. */
export type WasmVariable = readonly [opcode: 0x20, index: number]
/** What puts a 32-bit number onto the stack: a constant, a variable or an expression. */
export type WasmValue = number | WasmCode
/** Where a jump leads to, behind a block or back to the beginning of a loop: how many of them lie around what is inside. */
export type WasmLabel = number

/** A number in pieces of 7 bits. The last one's sixth bit is the sign of all that follows, so that it reads the same where there is none. */
export const leb128 = (value: number): WasmCode =>
  value >= -64 && value < 64 ? [value & 127] : [(value & 127) | 128, ...leb128(value >> 7)]

const push = (value: WasmValue): WasmCode => (typeof value === 'number' ? [0x41, ...leb128(value)] : value)

type Unary = (operand: WasmValue) => WasmCode
type Binary = (left: WasmValue, right: WasmValue) => WasmCode
type Store = (address: WasmValue, value: WasmValue) => WasmCode

const instruction =
  (...bytes: number[]) =>
  (...operands: WasmValue[]): WasmCode => [...operands.flatMap(push), ...bytes]

export const add: Binary = /* @__PURE__ */ instruction(0x6a)
export const subtract: Binary = /* @__PURE__ */ instruction(0x6b)
export const multiply: Binary = /* @__PURE__ */ instruction(0x6c)
export const and: Binary = /* @__PURE__ */ instruction(0x71)
export const or: Binary = /* @__PURE__ */ instruction(0x72)
export const shiftLeft: Binary = /* @__PURE__ */ instruction(0x74)
export const shiftRight: Binary = /* @__PURE__ */ instruction(0x76)
export const equal: Binary = /* @__PURE__ */ instruction(0x46)
export const differs: Binary = /* @__PURE__ */ instruction(0x47)
// All comparisons are of numbers without a sign.
export const below: Binary = /* @__PURE__ */ instruction(0x49)
export const above: Binary = /* @__PURE__ */ instruction(0x4b)
export const atLeast: Binary = /* @__PURE__ */ instruction(0x4f)

export const load8: Unary = /* @__PURE__ */ instruction(0x2d, 0, 0)
export const load16: Unary = /* @__PURE__ */ instruction(0x2f, 0, 0)
export const load32: Unary = /* @__PURE__ */ instruction(0x28, 0, 0)
const load64: Unary = /* @__PURE__ */ instruction(0x29, 0, 0)
export const store8: Store = /* @__PURE__ */ instruction(0x3a, 0, 0)
export const store16: Store = /* @__PURE__ */ instruction(0x3b, 0, 0)
const store64: Store = /* @__PURE__ */ instruction(0x37, 0, 0)
// Of 16 bytes, so far behind the address.
export const load128 = (address: WasmValue, offset: number): WasmCode => instruction(0xfd, 0x00, 0, ...leb128(offset))(address)
export const store128 = (address: WasmValue, value: WasmCode, offset: number): WasmCode =>
  instruction(0xfd, 0x0b, 0, ...leb128(offset))(address, value)
export const xor128: Binary = /* @__PURE__ */ instruction(0xfd, 0x51)

export const copy8 = (to: WasmValue, from: WasmValue): WasmCode => store64(to, load64(from))
export const copy16 = (to: WasmValue, from: WasmValue): WasmCode => store128(to, load128(from, 0), 0)
export const fill: (to: WasmValue, byte: WasmValue, length: WasmValue) => WasmCode = /* @__PURE__ */ instruction(0xfc, 0x0b, 0)

/** How many of 8 bytes are the same from the first one on: the zero bits at the end of their exclusive or, of which 8 are a byte. */
export const sameOf8 = (one: WasmValue, other: WasmValue): WasmCode =>
  shiftRight(instruction(0x85, 0x7a, 0xa7)(load64(one), load64(other)), 3)

export const set = (variable: WasmVariable, value: WasmValue): WasmCode => instruction(0x21, variable[1])(value)
export const increase = (variable: WasmVariable, by: WasmValue): WasmCode => set(variable, add(variable, by))
/** Ends the function. */
export const giveBack: Unary = /* @__PURE__ */ instruction(0x0f)

// Of the place that is just being written.
let depth = 0

function nested(head: WasmCode, body: (label: WasmLabel) => readonly WasmCode[]): WasmCode {
  const inside = body(++depth).flat()
  depth--
  return [...head, 0x40, ...inside, 0x0b]
}

/** A jump to this label leaves the block. */
export const block = (body: (leave: WasmLabel) => readonly WasmCode[]): WasmCode => nested([0x02], body)
/** A jump to this label begins the loop again; without one it is left at its end. */
export const loop = (body: (again: WasmLabel) => readonly WasmCode[]): WasmCode => nested([0x03], body)
export const when = (condition: WasmValue, body: () => readonly WasmCode[]): WasmCode => nested([...push(condition), 0x04], body)
export const jump = (label: WasmLabel): WasmCode => [0x0c, depth - label]
export const jumpIf = (condition: WasmValue, label: WasmLabel): WasmCode => instruction(0x0d, depth - label)(condition)
