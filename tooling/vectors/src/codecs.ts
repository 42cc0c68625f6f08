import { gzip } from '@k/compression-gzip'
import { lz4 } from '@k/compression-lz4'
import { snappy } from '@k/compression-snappy'
import { zstd } from '@k/compression-zstd'
import type { Codec } from '@k/protocol'

/** A codec as one of its engines does it. */
export interface EngineCodec {
  readonly engine: string
  readonly codec: Codec
  readonly canCompress: boolean
}

/** Every engine of every codec. The first is the one that is taken unless another is asked for. */
export const engines: Readonly<Record<Codec['name'], readonly EngineCodec[]>> = {
  gzip: [{ engine: 'zlib', codec: gzip(), canCompress: true }],
  snappy: [
    { engine: 'wasm', codec: snappy({ engine: 'wasm' }), canCompress: true },
    { engine: 'js', codec: snappy({ engine: 'js' }), canCompress: true },
  ],
  lz4: [
    { engine: 'wasm', codec: lz4({ engine: 'wasm' }), canCompress: true },
    { engine: 'js', codec: lz4({ engine: 'js' }), canCompress: true },
  ],
  zstd: [
    { engine: 'zlib', codec: zstd({ engine: 'zlib' }), canCompress: true },
    { engine: 'js', codec: zstd({ engine: 'js' }), canCompress: false },
  ],
}

/** One codec of each kind. */
export const allCodecs: readonly Codec[] = Object.values(engines).map(([first]) => first!.codec)
