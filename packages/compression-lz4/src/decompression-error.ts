import { type DecodeError, decompressedTooLarge, decompressionFailed } from '@k/protocol'

export const malformed = (what: string): DecodeError => decompressionFailed('lz4', what)
export const tooLarge = (maxBytes: number): DecodeError => decompressedTooLarge('lz4', maxBytes)
