// As much of WebAssembly's binary format as one function over one memory needs: https://webassembly.github.io/spec/core/binary/

/** Instructions, as bytes. */
export type Code = readonly number[]

/** A function and the memory that it works on. */
export interface WasmFunction {
  readonly memory: Uint8Array
  /** Takes 32-bit numbers, returns nothing. */
  readonly call: (...parameters: number[]) => void
}

// The types of Node do not have it.
interface WebAssemblyApi {
  Module: new (bytes: Uint8Array) => object
  Instance: new (module: object) => { exports: { memory: { buffer: ArrayBuffer }; call: (...parameters: number[]) => void } }
}

const I32 = 0x7f
const PAGE = 65536

// A number of any size, 7 bits a byte. The last byte stays below 64, so that it reads the same with a sign and without.
function number(value: number): Code {
  const bytes: number[] = []
  let rest = value
  for (; rest > 63; rest >>>= 7) bytes.push((rest & 127) | 128)
  return [...bytes, rest]
}

const list = (items: readonly Code[]): Code => [...number(items.length), ...items.flat()]
const sized = (content: Code): Code => [...number(content.length), ...content]
const section = (id: number, ...items: Code[]): Code => [id, ...sized(list(items))]
const text = (characters: string): Code => list([...characters].map((character) => [character.charCodeAt(0)]))

/** Puts a local, or a parameter, onto the stack. */
export const get = (local: number): Code => [0x20, ...number(local)]
/** Takes what is on the stack into a local. */
export const set = (local: number): Code => [0x21, ...number(local)]
/** Adds to what is on the stack. */
export const add = (constant: number): Code => [0x41, ...number(constant), 0x6a]
/** Takes an address and puts the 16 bytes `offset` behind it onto the stack. */
export const load16 = (offset: number): Code => [0xfd, 0x00, 0, ...number(offset)]
/** Takes an address and 16 bytes, which it stores `offset` behind the address. */
export const store16 = (offset: number): Code => [0xfd, 0x0b, 0, ...number(offset)]
/** Takes 16 bytes twice and puts their exclusive or onto the stack. */
export const xor16: Code = [0xfd, 0x51]
/** Repeats `body`, at least once, while the first local is below the second. */
export const repeatWhileBelow = (first: number, second: number, body: Code): Code => [
  ...[0x03, 0x40, ...body],
  ...[...get(first), ...get(second), 0x49, 0x0d, 0x00],
  0x0b,
]

/**
 * Makes a function of its instructions; undefined where there is no WebAssembly, or one without 128-bit vectors.
 * @param o - `bytes` of memory that it needs at least; its parameters are the first locals
 */
export function wasmFunction(o: { bytes: number; parameters: number; locals: number; body: Code }): WasmFunction | undefined {
  const { WebAssembly } = globalThis as { WebAssembly?: WebAssemblyApi }
  if (WebAssembly === undefined) return undefined
  const type: Code = [0x60, ...list(Array(o.parameters).fill([I32])), ...list([])]
  const code: Code = [...list([[...number(o.locals), I32]]), ...o.body, 0x0b]
  const module = [
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, type),
    ...section(3, [0]),
    ...section(5, [0, ...number(Math.ceil(o.bytes / PAGE))]),
    ...section(7, [...text('memory'), 2, 0], [...text('call'), 0, 0]),
    ...section(10, sized(code)),
  ]
  try {
    const { memory, call } = new WebAssembly.Instance(new WebAssembly.Module(Uint8Array.from(module))).exports
    return { memory: new Uint8Array(memory.buffer), call }
  } catch {
    return undefined
  }
}
