import { DecodeError } from '@k/protocol'

/** The refusal of bytes that are not LZ4 frames, or damaged ones. */
export function malformed(what: string): DecodeError {
  return new DecodeError(`bytes said to be lz4 cannot be decompressed: ${what}`, { code: 'DECOMPRESSION_FAILED' })
}

/** The refusal of bytes that would become too many. */
export function tooLarge(maxBytes: number): DecodeError {
  return new DecodeError(`lz4 bytes become more than the ${maxBytes} bytes that are allowed when decompressed`, {
    code: 'DECOMPRESSED_TOO_LARGE',
  })
}
