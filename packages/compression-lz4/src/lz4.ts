import { type Codec, ConfigError } from '@k/protocol'
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

// One of each is enough for everybody, made when it is first needed.
let js: BlockEngine | undefined
let wasm: BlockEngine | undefined | null = null

function jsEngine(): BlockEngine {
  js ??= createJsEngine()
  return js
}

function wasmEngine(): BlockEngine | undefined {
  if (wasm === null) wasm = createWasmEngine()
  return wasm
}

function engineOf(name: Lz4Options['engine']): () => BlockEngine {
  if (name === undefined) return () => wasmEngine() ?? jsEngine()
  if (name === 'js') return jsEngine
  if (name !== 'wasm') throw new ConfigError('engine', `of lz4 must be 'wasm' or 'js', not ${String(name)}`)
  const engine = wasmEngine()
  if (engine === undefined)
    throw new ConfigError('engine', "of lz4 cannot be 'wasm' here: this machine does not run WebAssembly with SIMD; leave it out")
  return () => engine
}

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
