import { type Codec, Codecs, downConvert, recordBatches } from '@k/protocol'

const MAGIC = 1
// The records were this large here already.
const MAX_INT32 = 2 ** 31 - 1

/**
 * A sealed batch as brokers of before Kafka 0.11 understand it: a message set of magic 1, which is larger.
 * @param batch - may be compressed with the same codec
 * @throws UnsupportedVersionError for records with headers
 */
export async function messageSetOf(batch: Uint8Array, codec: Codec | undefined): Promise<Uint8Array> {
  const records = await recordBatches(batch)
    .take()!
    .records(new Codecs(codec === undefined ? [] : [codec]), MAX_INT32)
  return downConvert(records, { magic: MAGIC, codec })
}
