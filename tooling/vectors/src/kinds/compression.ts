import { createHash } from 'node:crypto'
import { gzip } from '@k/compression-gzip'
import { Codecs, compressionTypes, DecodeError } from '@k/protocol'
import { expectSame, NotBuilt } from '../outcome.ts'
import { type PayloadDescription, payloadOf } from '../payload.ts'

interface CompressionVector {
  readonly codec: 'gzip' | 'snappy' | 'lz4' | 'zstd'
  readonly payload: PayloadDescription & { readonly sha256: string }
  /** `all`, or `first N bytes`: a codec may do as Java, or better. */
  readonly javaReads: string
  readonly base64: string
}

const codecs = new Codecs([gzip()])
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

function isUnknownCodec(error: unknown): boolean {
  return DecodeError.is(error, 'UNKNOWN_CODEC')
}

/** What codecs of other writers make, decompressed. */
export async function checkCompression({ codec, payload, javaReads, base64 }: CompressionVector): Promise<void> {
  const expected = payloadOf(payload)
  expectSame('the payload made here', payload.sha256, sha256(expected))
  let got: Uint8Array
  try {
    got = await codecs.decompress(compressionTypes.indexOf(codec), Buffer.from(base64, 'base64'), payload.size)
  } catch (error) {
    if (isUnknownCodec(error)) throw new NotBuilt(`codec ${codec}`)
    throw error
  }
  const javaPart = javaReads === 'all' ? payload.size : Number(/\d+/.exec(javaReads)?.[0])
  const size = got.length === javaPart ? javaPart : payload.size
  expectSame('size', size, got.length)
  expectSame('sha256', sha256(expected.subarray(0, size)), sha256(got))
}
