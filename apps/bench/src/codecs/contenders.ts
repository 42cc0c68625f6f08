import { createRequire } from 'node:module'
import zlib from 'node:zlib'
import { gzip } from '@k/compression-gzip'
import { lz4 } from '@k/compression-lz4'
import { snappy } from '@k/compression-snappy'
import { zstd } from '@k/compression-zstd'
import type { Codec } from '@k/protocol'
import { decompress as fzstd } from 'fzstd'

type Work = (bytes: Uint8Array) => unknown

// They have no types.
const require = createRequire(import.meta.url)
const lz4js = require('lz4js') as { compress: Work; decompress: Work }
const snappyjs = require('snappyjs') as { compress: Work; uncompress: Work }

/** Something that compresses, decompresses, or both. */
export interface Contender {
  readonly name: string
  readonly compress?: Work
  /** Of what `compress` made, or the first contender's if it has none. */
  readonly decompress?: Work
}

const MAX = 1 << 20
const ours = (name: string, codec: Codec): Contender => ({
  name,
  compress: (bytes) => codec.compress(bytes),
  decompress: (bytes) => codec.decompress(bytes, MAX),
})
const zlibs = (name: string, compress: Work, decompress: Work): Contender => ({ name: `node:zlib, ${name}`, compress, decompress })

/** Who is compared, codec by codec. Ours is first; `rival` is what ours is asked to beat. */
export const contenders: Readonly<Record<Codec['name'], { rival?: string; all: readonly Contender[] }>> = {
  lz4: {
    rival: 'lz4js',
    all: [
      ours('@k wasm', lz4({ engine: 'wasm' })),
      ours('@k js', lz4({ engine: 'js' })),
      { name: 'lz4js', compress: (bytes) => lz4js.compress(bytes), decompress: (bytes) => lz4js.decompress(bytes) },
    ],
  },
  snappy: {
    rival: 'snappyjs',
    all: [
      ours('@k wasm', snappy({ engine: 'wasm' })),
      ours('@k js', snappy({ engine: 'js' })),
      { name: 'snappyjs', compress: (bytes) => snappyjs.compress(bytes), decompress: (bytes) => snappyjs.uncompress(bytes) },
    ],
  },
  gzip: {
    all: [
      ours('@k', gzip()),
      ours('@k at once', gzip({ sync: true })),
      zlibs(
        'sync',
        (bytes) => zlib.gzipSync(bytes),
        (bytes) => zlib.gunzipSync(bytes),
      ),
    ],
  },
  zstd: {
    all: [
      ours('@k', zstd()),
      ours('@k at once', zstd({ sync: true })),
      zlibs(
        'sync',
        (bytes) => zlib.zstdCompressSync(bytes),
        (bytes) => zlib.zstdDecompressSync(bytes),
      ),
      { name: '@k js', decompress: (bytes) => zstd({ engine: 'js' }).decompress(bytes, MAX) },
      { name: 'fzstd', decompress: (bytes) => fzstd(bytes) },
    ],
  },
}
