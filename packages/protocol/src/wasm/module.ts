import { leb128, type WasmCode, type WasmVariable } from './code.ts'

/** A function of 32-bit numbers that returns one. */
export interface WasmFunction {
  /** What it takes and returns. */
  readonly type: WasmCode
  /** Its variables and what it does, and the size of both. */
  readonly code: WasmCode
}

/** The memory of an instance. */
export interface WasmMemory {
  /** What is in it; another one once it has grown. */
  readonly buffer: ArrayBuffer
  /** Makes it larger by pages of 64 KB; it never becomes smaller. */
  grow(pages: number): number
}

/** Functions at work, by their names, and the memory that they work on. */
export type WasmInstance<N extends string> = Readonly<Record<N, (...parameters: number[]) => number>> & { readonly memory: WasmMemory }

// The types of Node do not have it.
interface WebAssemblyApi {
  Module: new (bytes: Uint8Array) => object
  Instance: new (module: object) => { exports: unknown }
}

const I32 = 0x7f

/** How many pages have room for so many bytes. */
export const pagesOf = (bytes: number): number => (bytes + 65535) >> 16

const sized = (content: WasmCode): WasmCode => [...leb128(content.length), ...content]
const section = (id: number, ...items: readonly WasmCode[]): WasmCode => [id, ...sized([items.length, ...items.flat()])]
const exported = (name: string, ...what: number[]): WasmCode => [...sized([...Buffer.from(name)]), ...what]

/**
 * Writes a function.
 * @param parameters - how many it takes
 * @param body - gets these, and as many variables as it names behind them, which are 0 at the beginning; returns statements, of which the last one
 * gives something back
 */
export function wasmFunction(parameters: number, body: (...variables: WasmVariable[]) => readonly WasmCode[]): WasmFunction {
  const variables = Array.from({ length: body.length }, (_, index) => [0x20, index] as const)
  return {
    type: [0x60, parameters, ...Buffer.alloc(parameters, I32), 1, I32],
    // Behind a body that has given something back nothing is reached.
    code: sized([1, body.length - parameters, I32, ...body(...variables).flat(), 0x00, 0x0b]),
  }
}

/**
 * Puts functions to work; undefined where there is no WebAssembly, or one without 128-bit vectors.
 * @param bytes - of memory that they need at least
 */
export function instantiateWasm<N extends string>(
  bytes: number,
  functions: Readonly<Record<N, WasmFunction>>,
): WasmInstance<N> | undefined {
  const all = Object.values<WasmFunction>(functions)
  const module = [
    ...Buffer.from('\0asm\x01\0\0\0'),
    ...section(1, ...all.map(({ type }) => type)),
    ...section(3, ...all.map((_, index) => [index])),
    ...section(5, [0, ...leb128(pagesOf(bytes))]),
    ...section(7, exported('memory', 2, 0), ...Object.keys(functions).map((name, index) => exported(name, 0, index))),
    ...section(10, ...all.map(({ code }) => code)),
  ]
  try {
    const { Module, Instance } = (globalThis as unknown as { WebAssembly: WebAssemblyApi }).WebAssembly
    return new Instance(new Module(new Uint8Array(module))).exports as WasmInstance<N>
  } catch {
    return undefined
  }
}
