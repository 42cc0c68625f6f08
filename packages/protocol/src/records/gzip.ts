import zlib from 'node:zlib'
import { decompressionError } from './decompression-error.ts'

// Below this, the way to Node's pool and back costs more than the work.
const ASYNC_FROM = 16 * 1024

/**
 * Decompresses gzip, all concatenated members of it: at once where the input is small, else in Node's pool.
 * @param maxBytes - the most that may come out
 * @throws DecodeError with `DECOMPRESSED_TOO_LARGE` or `DECOMPRESSION_FAILED`
 */
export function gunzip(bytes: Uint8Array, maxBytes: number): Buffer | Promise<Buffer> {
  const options = { maxOutputLength: Math.max(1, maxBytes) }
  if (bytes.length < ASYNC_FROM) {
    try {
      return zlib.gunzipSync(bytes, options)
    } catch (error) {
      throw decompressionError('gzip', error, maxBytes)
    }
  }
  return new Promise((resolve, reject) => {
    zlib.gunzip(bytes, options, (error, result) => (error ? reject(decompressionError('gzip', error, maxBytes)) : resolve(result)))
  })
}
