import { DecodeError } from '@k/protocol'

/** The refusal of bytes that are not zstd, or damaged. */
export function malformed(what: string, cause?: unknown): DecodeError {
  return new DecodeError(`bytes said to be zstd cannot be decompressed: ${what}`, { code: 'DECOMPRESSION_FAILED', cause })
}

/** The refusal of bytes that would become too many. */
export function tooLarge(maxBytes: number): DecodeError {
  return new DecodeError(`zstd bytes become more than the ${maxBytes} bytes that are allowed when decompressed`, {
    code: 'DECOMPRESSED_TOO_LARGE',
  })
}
