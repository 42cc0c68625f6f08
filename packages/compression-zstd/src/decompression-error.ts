import { type DecodeError, decompressedTooLarge, decompressionFailed } from '@k/protocol'

export const malformed = (what: string, cause?: unknown): DecodeError => decompressionFailed('zstd', what, cause)
export const tooLarge = (maxBytes: number): DecodeError => decompressedTooLarge('zstd', maxBytes)
