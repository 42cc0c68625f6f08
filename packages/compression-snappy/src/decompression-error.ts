import { type DecodeError, decompressedTooLarge, decompressionFailed } from '@k/protocol'

export const malformed = (what: string): DecodeError => decompressionFailed('snappy', what)
export const tooLarge = (maxBytes: number): DecodeError => decompressedTooLarge('snappy', maxBytes)
