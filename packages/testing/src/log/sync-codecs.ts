import { gunzipSync, gzipSync } from 'node:zlib'
import { type Codec, Codecs, DecodeError } from '@k/protocol'

/** gzip without Node's pool: what looks into a log wants its answer at once. */
export const syncGzip: Codec = {
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
  return new Codecs([syncGzip, ...codecs])
}
