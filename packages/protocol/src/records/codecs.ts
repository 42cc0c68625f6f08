import { DecodeError } from '../errors/decode-error.ts'
import { type Codec, compressionTypes } from './codec.ts'
import { decompressedTooLarge, decompressionError } from './decompression-error.ts'
import { gunzip } from './gzip.ts'
import { outputLimit } from './output-limit.ts'
import { unzstd, zstdIsSupported } from './zstd.ts'

type Decompress = (bytes: Uint8Array, maxBytes: number) => Uint8Array | Promise<Uint8Array>

/** How a compressed batch finds who can read it: the codecs handed in, then what Node itself brings (gzip; zstd from Node 22.15 on). */
export class Codecs {
  readonly #decompress: (Decompress | undefined)[]

  constructor(codecs: readonly Codec[] = []) {
    this.#decompress = [undefined, gunzip, undefined, undefined, zstdIsSupported ? unzstd : undefined]
    for (const codec of codecs) this.#decompress[codec.id] = (bytes, maxBytes) => codec.decompress(bytes, maxBytes)
  }

  /**
   * Decompresses the records of a batch.
   * @param compressionType - the number in the batch's attributes
   * @param maxBytes - the most that may come out
   * @throws DecodeError with `UNKNOWN_CODEC`, `DECOMPRESSION_FAILED` or `DECOMPRESSED_TOO_LARGE`
   * @throws KafkaError with `INVALID_ARGUMENT` for a limit that is none
   */
  decompress(compressionType: number, bytes: Uint8Array, maxBytes: number): Uint8Array | Promise<Uint8Array> {
    const decompress = this.#decompress[compressionType]
    if (decompress === undefined) throw unknownCodec(compressionType)
    const name = compressionTypes[compressionType]!
    const limit = outputLimit(maxBytes)
    // A codec may be anybody's: what it throws becomes ours, what it returns is measured.
    try {
      const result = decompress(bytes, limit)
      if (result instanceof Uint8Array) return withinLimit(name, result, limit)
      return result
        .then((decompressed) => withinLimit(name, decompressed, limit))
        .catch((error) => {
          throw decompressionError(name, error, limit)
        })
    } catch (error) {
      throw decompressionError(name, error, limit)
    }
  }
}

function withinLimit(name: string, bytes: Uint8Array, maxBytes: number): Uint8Array {
  if (!(bytes instanceof Uint8Array)) throw new TypeError('the codec gave something else than bytes')
  if (bytes.length > maxBytes) throw decompressedTooLarge(name, maxBytes)
  return bytes
}

function unknownCodec(compressionType: number): DecodeError {
  const name = compressionTypes[compressionType]
  const what =
    name === undefined
      ? `a record batch has compression type ${compressionType}, which no version of Kafka defines`
      : `a record batch is compressed with ${name}: install @k/compression-${name} and hand in ${name}() among the codecs`
  return new DecodeError(what, { code: 'UNKNOWN_CODEC' })
}
