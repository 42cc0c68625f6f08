// As much of WebAssembly as a block codec needs, written as expressions: https://webassembly.github.io/spec/core/binary/

/** Instructions, as bytes. */
export type Code = readonly number[]
/** What puts a 32-bit number onto the stack: a constant, a variable or an expression. */
export type Value = number | Variable | Code

/** A parameter, or a variable of the function. */
export interface Variable {
  readonly index: number
}

/** Where a jump leads to: behind a block, or back to the beginning of a loop. */
interface Label {
  readonly depth: number
}

/** A function of 32-bit numbers that returns one. */
export interface WasmFunction {
  readonly name: string
  readonly parameters: number
  readonly variables: number
  readonly body: Code
}

const leb128 = (value: number): Code => {
  const bytes: number[] = []
  for (let rest = value | 0; ; rest >>= 7) {
    // The last byte's sixth bit is the sign of all that follows.
    if (rest >= -64 && rest < 64) return [...bytes, rest & 127]
    bytes.push((rest & 127) | 128)
  }
}
const size = (value: number): Code => (value < 128 ? [value] : [(value & 127) | 128, ...size(value >>> 7)])
const list = (items: readonly Code[]): Code => [...size(items.length), ...items.flat()]
const section = (id: number, items: readonly Code[]): Code => [id, ...sized(list(items))]
const sized = (content: Code): Code => [...size(content.length), ...content]
const text = (characters: string): Code => list([...characters].map((character) => [character.charCodeAt(0)]))

function push(value: Value): Code {
  if (typeof value === 'number') return [0x41, ...leb128(value)]
  return 'index' in value ? [0x20, ...size(value.index)] : value
}

const binary =
  (opcode: number) =>
  (left: Value, right: Value): Code => [...push(left), ...push(right), opcode]
export const add = binary(0x6a)
export const subtract = binary(0x6b)
export const multiply = binary(0x6c)
export const and = binary(0x71)
export const or = binary(0x72)
export const shiftLeft = binary(0x74)
export const shiftRight = binary(0x76)
export const equal = binary(0x46)
export const differs = binary(0x47)
// All comparisons are of numbers without a sign.
export const below = binary(0x49)
export const above = binary(0x4b)
export const atMost = binary(0x4d)
export const atLeast = binary(0x4f)

const load =
  (opcode: number) =>
  (address: Value): Code => [...push(address), opcode, 0, 0]
export const load8 = load(0x2d)
export const load16 = load(0x2f)
export const load32 = load(0x28)
const load64 = load(0x29)

const store =
  (opcode: number) =>
  (address: Value, value: Value): Code => [...push(address), ...push(value), opcode, 0, 0]
export const store8 = store(0x3a)
export const store16 = store(0x3b)
export const copy8 = (to: Value, from: Value): Code => [...push(to), ...load64(from), 0x37, 0, 0]
export const copy16 = (to: Value, from: Value): Code => [...push(to), ...push(from), 0xfd, 0x00, 0, 0, 0xfd, 0x0b, 0, 0]
export const fill = (to: Value, byte: Value, length: Value): Code => [...push(to), ...push(byte), ...push(length), 0xfc, 0x0b, 0]

/** How many of 8 bytes are the same from the first one on: the zero bits at the end of their exclusive or, of which 8 are a byte. */
export const sameOf8 = (one: Value, other: Value): Code => [...load64(one), ...load64(other), 0x85, 0x7a, 0xa7, ...push(3), 0x76]

export const set = (variable: Variable, value: Value): Code => [...push(value), 0x21, ...size(variable.index)]
export const increase = (variable: Variable, by: Value): Code => set(variable, add(variable, by))
export const giveBack = (value: Value): Code => [...push(value), 0x0f]

const BLOCK = 0x02
const LOOP = 0x03
const IF = 0x04
const END = 0x0b

/** What a body is written with: variables, and whatever has an inside. */
export class Scope {
  #depth = 0
  #count = 0

  /** Variables, and parameters, so far. */
  get count(): number {
    return this.#count
  }

  /** Variables of these names, which are 0 at the beginning. */
  readonly variables = <N extends string>(...names: N[]): Record<N, Variable> =>
    Object.fromEntries(names.map((name) => [name, { index: this.#count++ }])) as Record<N, Variable>

  /** A jump to this label leaves the block. */
  readonly block = (body: (leave: Label) => readonly Code[]): Code => this.#nested([BLOCK, 0x40], body)

  /** A jump to this label begins the loop again; without one it is left at its end. */
  readonly loop = (body: (again: Label) => readonly Code[]): Code => this.#nested([LOOP, 0x40], body)

  readonly when = (condition: Value, body: () => readonly Code[]): Code => this.#nested([...push(condition), IF, 0x40], body)

  readonly jump = (label: Label): Code => [0x0c, ...size(this.#depth - label.depth)]

  readonly jumpIf = (condition: Value, label: Label): Code => [...push(condition), 0x0d, ...size(this.#depth - label.depth)]

  #nested(head: Code, body: (label: Label) => readonly Code[]): Code {
    const inside = body({ depth: ++this.#depth }).flat()
    this.#depth--
    return [...head, ...inside, END]
  }
}

/** Writes a function: the body gets its parameters as variables, and returns statements, of which the last one gives something back. */
export function wasmFunction<N extends string>(
  name: string,
  parameters: readonly N[],
  body: (parameters: Record<N, Variable>, scope: Scope) => readonly Code[],
): WasmFunction {
  const scope = new Scope()
  const code = body(scope.variables(...parameters), scope).flat()
  return { name, parameters: parameters.length, variables: scope.count - parameters.length, body: code }
}

// The types of Node do not have it.
interface WebAssemblyApi {
  Module: new (bytes: Uint8Array) => object
  Instance: new (module: object) => { exports: Record<string, unknown> }
}
interface WasmMemory {
  readonly buffer: ArrayBuffer
  grow(pages: number): number
}

/** Functions at work, and the memory that they work on. */
export interface WasmInstance {
  readonly call: Readonly<Record<string, (...parameters: number[]) => number>>
  readonly memory: WasmMemory
}

export const PAGE = 65536
const I32 = 0x7f

/** Puts functions to work; undefined where there is no WebAssembly, or one without 128-bit vectors. */
export function instantiate(pages: number, functions: readonly WasmFunction[]): WasmInstance | undefined {
  const { WebAssembly } = globalThis as { WebAssembly?: WebAssemblyApi }
  if (WebAssembly === undefined) return undefined
  const module = [
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(
      1,
      functions.map(({ parameters }) => [0x60, ...list(Array(parameters).fill([I32])), ...list([[I32]])]),
    ),
    ...section(
      3,
      functions.map((_, index) => size(index)),
    ),
    ...section(5, [[0, ...size(pages)]]),
    ...section(7, [[...text('memory'), 2, 0], ...functions.map(({ name }, index) => [...text(name), 0, ...size(index)])]),
    ...section(
      10,
      // Behind a body that has given something back nothing is reached.
      functions.map(({ variables, body }) => sized([...list([[...size(variables), I32]]), ...body, 0x00, END])),
    ),
  ]
  try {
    const { memory, ...call } = new WebAssembly.Instance(new WebAssembly.Module(Uint8Array.from(module))).exports
    return { memory, call } as unknown as WasmInstance
  } catch {
    return undefined
  }
}
