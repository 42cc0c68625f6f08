import { gunzipSync, gzipSync } from 'node:zlib'
import { type Codec, Codecs, DecodeError } from '@k/protocol'

/**
 * gzip that never leaves the thread, for producers (`compression`) and consumers (`codecs`) in a simulation: there, a pool of threads would
 * decide what happens first.
 */
export const synchronousGzip: Codec = {
  id: 1,
  name: 'gzip',
  compress: (bytes) => gzipSync(bytes),
  decompress(bytes, maxBytes) {
    try {
      return gunzipSync(bytes, { maxOutputLength: Math.max(1, maxBytes) })
    } catch (cause) {
      throw new DecodeError(`gzip: ${(cause as Error).message}`, { code: 'DECOMPRESSION_FAILED', cause })
    }
  },
}

/** The codecs by which a cluster reads its own logs: those handed in, then what Node brings. */
export function logCodecs(codecs: readonly Codec[]): Codecs {
  return new Codecs([synchronousGzip, ...codecs])
}
