import { DecodeError } from '../errors/decode-error.ts'

/** What a codec's engine threw, as the error that its caller is promised. */
export function decompressionError(name: string, error: unknown, maxBytes: number): DecodeError {
  if (DecodeError.is(error)) return error
  // Node's word for an output that reached maxOutputLength.
  if ((error as NodeJS.ErrnoException | undefined)?.code === 'ERR_BUFFER_TOO_LARGE') return decompressedTooLarge(name, maxBytes)
  return decompressionFailed(name, error instanceof Error ? error.message : String(error), error)
}

/**
 * The refusal of bytes that are not what a codec writes, or damaged, with `DECOMPRESSION_FAILED`.
 * @param name - the codec's
 * @param why - the rest of the sentence
 */
export function decompressionFailed(name: string, why: string, cause?: unknown): DecodeError {
  return new DecodeError(`bytes said to be ${name} cannot be decompressed: ${why}`, { code: 'DECOMPRESSION_FAILED', cause })
}

/** The refusal of a codec's bytes that would become too many, with `DECOMPRESSED_TOO_LARGE`. */
export function decompressedTooLarge(name: string, maxBytes: number): DecodeError {
  return new DecodeError(`${name} bytes become more than the ${maxBytes} bytes that are allowed when decompressed`, {
    code: 'DECOMPRESSED_TOO_LARGE',
  })
}
