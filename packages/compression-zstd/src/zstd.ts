import zlib from 'node:zlib'
import { type Codec, ConfigError, unzstd, zstdIsSupported } from '@k/protocol'
import { readByFzstd } from './fzstd-reader.ts'

// Below this, the way to Node's pool and back costs more than the work.
const ASYNC_FROM = 16 * 1024
const MIN_LEVEL = -131072
const MAX_LEVEL = 22
const DEFAULT_LEVEL = 3

/** How zstd compresses. */
export interface ZstdOptions {
  /** From -131072 (fastest) to 22 (smallest). Default: 3. Kafka's `compression.zstd.level`. */
  readonly level?: number | undefined
  /** Whether to answer at once however large a batch is, which keeps the event loop waiting: for simulations, where nothing may happen beside. Default: false. */
  readonly sync?: boolean | undefined
  /**
   * What does the work: `zlib`, Node's own, from Node 22.15 on, or `js`, which works everywhere but only decompresses.
   * Default: `zlib` where this Node has it, else `js`.
   */
  readonly engine?: 'zlib' | 'js' | undefined
}

/**
 * The zstd codec, over Node's own zlib: small batches are compressed at once, those of 16 KB and more in Node's thread pool. On a Node whose zlib has
 * no zstd (before 22.15) it reads, by fzstd, and to compress is a `ConfigError`.
 *
 * A producer takes it as `compression`, for brokers from 2.1 on; a consumer among its `codecs`, which only such an older Node needs.
 * @throws ConfigError for a level that zstd does not have, or an engine that does not exist here
 */
export function zstd(options: ZstdOptions = {}): Codec {
  const { level = DEFAULT_LEVEL, sync = false } = options
  if (!Number.isInteger(level) || level < MIN_LEVEL || level > MAX_LEVEL) {
    throw new ConfigError('level', `of zstd must be a whole number from ${MIN_LEVEL} (fastest) to ${MAX_LEVEL} (smallest), not ${level}`)
  }
  const common = { id: 4, name: 'zstd' } as const
  if (engineOf(options.engine) === 'js') return { ...common, compress: refuseToCompress, decompress: readByFzstd }
  const params = { [zlib.constants.ZSTD_c_compressionLevel]: level }
  return {
    ...common,
    compress: (bytes) => {
      // Who reads is told the size, and small batches take little memory.
      const settings = { params, pledgedSrcSize: bytes.length }
      return sync || bytes.length < ASYNC_FROM ? zlib.zstdCompressSync(bytes, settings) : compressInPool(bytes, settings)
    },
    decompress: (bytes, maxBytes) => unzstd(bytes, maxBytes, { sync }),
  }
}

function engineOf(name: ZstdOptions['engine']): 'zlib' | 'js' {
  if (name === undefined) return zstdIsSupported ? 'zlib' : 'js'
  if (name !== 'zlib' && name !== 'js') throw new ConfigError('engine', `of zstd must be 'zlib' or 'js', not ${String(name)}`)
  if (name === 'zlib' && !zstdIsSupported)
    throw new ConfigError('engine', `of zstd cannot be 'zlib': Node ${process.version} has none; 22.15 and newer do`)
  return name
}

function refuseToCompress(): never {
  const where = zstdIsSupported ? "with the engine 'js', which only decompresses" : `on Node ${process.version}, whose zlib has no zstd`
  throw new ConfigError('compression', `cannot be zstd ${where}: compress on Node 22.15 or newer, or with lz4, snappy or gzip`)
}

function compressInPool(bytes: Uint8Array, settings: zlib.ZstdOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    zlib.zstdCompress(bytes, settings, (error, compressed) => (error ? reject(error) : resolve(compressed)))
  })
}
