import { createHash } from 'node:crypto'
import { type Codec, Codecs, compressionTypes } from '@k/protocol'
import { type EngineCodec, engines } from '../codecs.ts'
import { expectSame } from '../outcome.ts'
import { type PayloadDescription, payloadOf } from '../payload.ts'

interface CompressionVector {
  readonly codec: Codec['name']
  readonly payload: PayloadDescription & { readonly sha256: string }
  readonly base64: string
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

async function expectBecomes(payload: CompressionVector['payload'], bytes: Uint8Array, { codec, engine }: EngineCodec): Promise<void> {
  const got = await new Codecs([codec]).decompress(compressionTypes.indexOf(codec.name), bytes, payload.size)
  expectSame(`size by ${engine}`, payload.size, got.length)
  expectSame(`sha256 by ${engine}`, payload.sha256, sha256(got))
}

/** What other writers' codecs make, decompressed by each of our engines, to the end even where Java reads less; and what our engines make of the same. */
export async function checkCompression({ codec: name, payload, base64 }: CompressionVector): Promise<void> {
  const bytes = payloadOf(payload)
  expectSame('the payload made here', payload.sha256, sha256(bytes))
  const written = [Buffer.from(base64, 'base64') as Uint8Array]
  for (const { codec, canCompress } of engines[name]) if (canCompress) written.push(await codec.compress(bytes))
  for (const compressed of written) for (const engine of engines[name]) await expectBecomes(payload, compressed, engine)
}
