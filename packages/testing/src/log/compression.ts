import { type Codec, type Codecs, crc32c, DEFAULT_MAX_DECOMPRESSED_BYTES } from '@k/protocol'
import * as at from './batch-layout.ts'
import { logCodecs, synchronousGzip } from './sync-codecs.ts'

/** Gives a batch the compression that its topic asks for. */
export type Recompress = (batch: Buffer) => Buffer

/** What a cluster can read and write of compressed batches. */
export class Compression {
  readonly codecs: Codecs
  readonly #byName: ReadonlyMap<string, Codec>

  constructor(codecs: readonly Codec[]) {
    this.codecs = logCodecs(codecs)
    this.#byName = new Map([synchronousGzip, ...codecs].map((codec) => [codec.name, codec]))
  }

  /** `bytes` compressed at once; undefined where nobody can. */
  compress(id: number, bytes: Uint8Array): Uint8Array | undefined {
    const codec = [...this.#byName.values()].find((each) => each.id === id)
    const compressed = codec?.compress(bytes)
    if (!(compressed instanceof Promise)) return compressed
    compressed.catch(() => {})
    return undefined
  }

  /**
   * What a topic's `compression.type` asks for; undefined where batches stay as producers sent them: also where there is no codec for it.
   * A batch stays as it came, too, where one of the two codecs answers with a promise: an append does not wait.
   */
  to(compressionType: string): Recompress | undefined {
    const codec = this.#byName.get(compressionType)
    if (compressionType !== 'uncompressed' && codec === undefined) return undefined
    const id = codec?.id ?? 0
    return (batch) => {
      const attributes = batch.readInt16BE(at.ATTRIBUTES)
      const from = attributes & at.COMPRESSION_MASK
      if (from === id) return batch
      const bytes = batch.subarray(at.RECORDS)
      const plain = from === 0 ? bytes : this.codecs.decompress(from, bytes, DEFAULT_MAX_DECOMPRESSED_BYTES)
      if (plain instanceof Promise) return swallow(plain, batch)
      const records = codec === undefined ? plain : codec.compress(plain)
      if (records instanceof Promise) return swallow(records, batch)
      return rewritten(batch, records, (attributes & ~at.COMPRESSION_MASK) | id)
    }
  }
}

function swallow(unused: Promise<unknown>, batch: Buffer): Buffer {
  unused.catch(() => {})
  return batch
}

/** The batch with other records behind its header. */
function rewritten(batch: Buffer, records: Uint8Array, attributes: number): Buffer {
  const made = Buffer.allocUnsafe(at.RECORDS + records.length)
  batch.copy(made, 0, 0, at.RECORDS)
  made.set(records, at.RECORDS)
  made.writeInt32BE(made.length - at.LOG_OVERHEAD, at.LENGTH)
  made.writeInt16BE(attributes, at.ATTRIBUTES)
  made.writeUInt32BE(crc32c(made, at.ATTRIBUTES), at.CRC)
  return made
}
