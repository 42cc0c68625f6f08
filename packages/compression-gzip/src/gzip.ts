import zlib from 'node:zlib'
import { type Codec, ConfigError, gunzip } from '@k/protocol'

// Below this, the way to Node's pool and back costs more than the work.
const ASYNC_FROM = 16 * 1024

/** How gzip compresses. */
export interface GzipOptions {
  /** From 1 (fastest) to 9 (smallest). Default: 6. Kafka's `compression.gzip.level`. */
  readonly level?: number | undefined
  /** Whether to answer at once however large a batch is, which keeps the event loop waiting: for simulations, where nothing may happen beside. Default: false. */
  readonly sync?: boolean | undefined
}

/**
 * The gzip codec, over Node's own zlib: small batches are compressed at once, those of 16 KB and more in Node's thread pool.
 *
 * A producer takes it as `compression`. A consumer needs nothing to read gzip.
 * @throws ConfigError for a level that gzip does not have
 */
export function gzip(options: GzipOptions = {}): Codec {
  const { level = zlib.constants.Z_DEFAULT_COMPRESSION, sync = false } = options
  if (options.level !== undefined && (!Number.isInteger(level) || level < 1 || level > 9)) {
    throw new ConfigError('level', `of gzip must be a whole number from 1 (fastest) to 9 (smallest), not ${level}`)
  }
  return {
    id: 1,
    name: 'gzip',
    compress: (bytes) => (sync || bytes.length < ASYNC_FROM ? zlib.gzipSync(bytes, { level }) : compressInPool(bytes, level)),
    decompress: (bytes, maxBytes) => gunzip(bytes, maxBytes, { sync }),
  }
}

function compressInPool(bytes: Uint8Array, level: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    zlib.gzip(bytes, { level }, (error, compressed) => (error ? reject(error) : resolve(compressed)))
  })
}
