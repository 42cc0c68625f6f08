/// <reference types="node" preserve="true" />
// As much of it as is used.
declare module 'snappyjs' {
  export function compress(bytes: Uint8Array): Uint8Array
  /** Fills the length that the bytes begin with, whether they hold as much or not. */
  export function uncompress(bytes: Uint8Array): Uint8Array
}
