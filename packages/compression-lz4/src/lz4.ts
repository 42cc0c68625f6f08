import { type Codec, chooseEngine } from '@k/protocol'
import type { BlockEngine } from './block-engine.ts'
import { readFrames } from './frame-reader.ts'
import { writeFrame } from './frame-writer.ts'
import { createJsEngine } from './js-engine.ts'
import { createWasmEngine } from './wasm-engine.ts'

/** How lz4 compresses. */
export interface Lz4Options {
  /**
   * What compresses: `wasm`, a small WebAssembly program that is several times as fast, or `js`, which works everywhere. What they write, each reads.
   * Default: `wasm` where this machine can run it, else `js`.
   */
  readonly engine?: 'wasm' | 'js' | undefined
}

const engineOf = /* @__PURE__ */ chooseEngine<BlockEngine>('lz4', { wasm: createWasmEngine, js: createJsEngine })

/**
 * The lz4 codec, in the frames that Kafka's own clients write: independent blocks of 64 KB. It reads every frame of the format that needs no
 * dictionary, and also the header checksums of clients before 0.10.
 *
 * A producer takes it as `compression`, a consumer among its `codecs`.
 * @throws ConfigError for an engine that does not exist, or not here
 */
export function lz4(options: Lz4Options = {}): Codec {
  const engine = engineOf(options.engine)
  return {
    id: 3,
    name: 'lz4',
    compress: (bytes) => writeFrame(bytes, engine()),
    decompress: (bytes, maxBytes) => readFrames(bytes, maxBytes, engine()),
  }
}
