/// <reference types="node" preserve="true" />
// As much of it as is used. It checks neither what it reads nor where it writes.
declare module 'lz4js' {
  /** Returns the bytes written; 0 where nothing repeats. The table says where each hash was seen, plus one. */
  export function compressBlock(source: Uint8Array, target: Uint8Array, start: number, length: number, table: Uint32Array): number
  /** Returns where the output ends. */
  export function decompressBlock(source: Uint8Array, target: Uint8Array, start: number, length: number, targetStart: number): number
}
