/** Compresses and decompresses single blocks of snappy, that is, without what xerial puts around them. */
export interface BlockEngine {
  readonly name: 'wasm' | 'js'
  /**
   * @param bytes - at most 32 KB
   * @returns a view that is good until the next call; it may be longer than the bytes
   */
  compress(bytes: Uint8Array): Uint8Array
  /**
   * @param block - begins with the length of what it becomes
   * @param elements - where in the block its elements begin, behind that length
   * @param target - of that length; filled with what the block becomes
   * @returns whether that is what the block becomes: no byte more, none less
   */
  decompress(block: Uint8Array, elements: number, target: Uint8Array): boolean
}
