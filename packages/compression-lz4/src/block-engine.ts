/** What became of a block: its bytes, a view that is good until the next call, or what is wrong with it. */
export type Decompressed = Uint8Array | 'malformed' | 'too long'

/** Compresses and decompresses single blocks; frames are not its business. */
export interface BlockEngine {
  readonly name: 'wasm' | 'js'
  /**
   * @param block - at most 64 KB
   * @returns a view that is good until the next call; it may be longer than the block
   */
  compress(block: Uint8Array): Uint8Array
  /**
   * @param history - the bytes before the block's that it may repeat, at most 64 KB
   * @param limit - bytes that may come out
   */
  decompress(block: Uint8Array, history: Uint8Array, limit: number): Decompressed
}
