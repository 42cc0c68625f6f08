import { type Codec, chooseEngine } from '@k/protocol'
import type { BlockEngine } from './block-engine.ts'
import { jsEngine } from './js-engine.ts'
import { createWasmEngine } from './wasm-engine.ts'
import { readSnappy, writeXerial } from './xerial.ts'

/** How snappy compresses. */
export interface SnappyOptions {
  /**
   * What compresses: `wasm`, a small WebAssembly program that is several times as fast, or `js`, which works everywhere. What they write, each reads.
   * Default: `wasm` where this machine can run it, else `js`.
   */
  readonly engine?: 'wasm' | 'js' | undefined
}

const engineOf = /* @__PURE__ */ chooseEngine<BlockEngine>('snappy', { wasm: () => createWasmEngine(jsEngine), js: () => jsEngine })

/**
 * The snappy codec, written as Kafka's Java client does, in blocks of 32 KB with xerial's framing around them; read with it and without.
 *
 * A producer takes it as `compression`, a consumer among its `codecs`.
 * @throws ConfigError for an engine that does not exist, or not here
 */
export function snappy(options: SnappyOptions = {}): Codec {
  const engine = engineOf(options.engine)
  return {
    id: 2,
    name: 'snappy',
    compress: (bytes) => writeXerial(bytes, engine()),
    decompress: (bytes, maxBytes) => readSnappy(bytes, maxBytes, engine()),
  }
}
