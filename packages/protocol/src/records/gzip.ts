import { decompressionError } from './decompression-error.ts'
import { nodeZlib } from './node-zlib.ts'
import { outputLimit } from './output-limit.ts'

// Below this, the way to Node's pool and back costs more than the work.
const ASYNC_FROM = 16 * 1024
// Little input can become much: beyond this the pool begins anew.
const SYNC_OUTPUT = 256 * 1024

/**
 * Decompresses gzip, all concatenated members of it: at once where the input is small, else in Node's pool.
 * @param maxBytes - the most that may come out
 * @param o - `sync`: at once in any case
 * @throws DecodeError with `DECOMPRESSED_TOO_LARGE` or `DECOMPRESSION_FAILED`
 * @throws KafkaError with `INVALID_ARGUMENT` for a limit that is none
 */
export function gunzip(bytes: Uint8Array, maxBytes: number, o: { readonly sync?: boolean } = {}): Buffer | Promise<Buffer> {
  const most = outputLimit(maxBytes)
  if (o.sync || bytes.length < ASYNC_FROM) {
    const limit = o.sync ? most : Math.min(most, SYNC_OUTPUT)
    try {
      return nodeZlib().gunzipSync(bytes, { maxOutputLength: Math.max(1, limit) })
    } catch (cause) {
      const error = decompressionError('gzip', cause, most)
      if (limit === most || error.code !== 'DECOMPRESSED_TOO_LARGE') throw error
    }
  }
  return new Promise((resolve, reject) => {
    nodeZlib().gunzip(bytes, { maxOutputLength: Math.max(1, most) }, (error, result) => {
      if (error) reject(decompressionError('gzip', error, most))
      else resolve(result)
    })
  })
}
