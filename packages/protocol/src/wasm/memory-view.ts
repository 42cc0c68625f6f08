import { pagesOf, type WasmMemory } from './module.ts'

/** Gives a view of all the memory, after it has grown to at least so many bytes; good until it grows again. */
export function viewWasmMemory(memory: WasmMemory): (bytes: number) => Uint8Array {
  let view = new Uint8Array(memory.buffer)
  return (bytes) => {
    if (bytes > view.length) {
      memory.grow(pagesOf(bytes - view.length))
      view = new Uint8Array(memory.buffer)
    }
    return view
  }
}
