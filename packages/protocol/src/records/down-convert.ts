import zlib from 'node:zlib'
import { UnsupportedVersionError } from '../errors/unsupported-version-error.ts'
import type { Codec } from './codec.ts'
import { ATTRIBUTES, CRC, keyLengthAt, LOG_OVERHEAD, MAGIC, OFFSET, SIZE, smallestMessage, TIMESTAMP } from './legacy-message.ts'
import type { RecordReader } from './record-reader.ts'

/** What {@link downConvert} makes. */
export interface DownConvertOptions {
  /** The format: 0 before Kafka 0.10, 1 before 0.11. */
  readonly magic: 0 | 1
  /** Makes all messages one compressed message. Default: none. */
  readonly codec?: Codec | undefined
}

interface Message {
  readonly offset: bigint
  readonly timestamp: bigint
  readonly attributes: number
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
}

/**
 * Records as a message set of magic 0 or 1: what brokers before Kafka 0.11 understand. Offsets stay; magic 0 has no timestamps.
 * @param records - a reader that nothing was read from yet
 * @throws UnsupportedVersionError for a record with headers: the old formats have no place for them
 */
export function downConvert(records: RecordReader, options: DownConvertOptions): Buffer | Promise<Buffer> {
  const { magic, codec } = options
  const messages: Buffer[] = []
  let baseOffset: bigint | undefined
  let last: Message | undefined
  let maxTimestamp = -1n
  while (records.next()) {
    if (records.headerCount > 0) {
      const what = `a record has headers, for which message format ${magic} of brokers before Kafka 0.11 has no place: leave them out`
      throw new UnsupportedVersionError(what, { api: 'Produce', field: 'headers' })
    }
    const timestamp = records.timestampBigInt
    last = { offset: records.offsetBigInt, timestamp, attributes: 0, key: records.key(), value: records.value() }
    baseOffset ??= last.offset
    if (timestamp > maxTimestamp) maxTimestamp = timestamp
    // Inside a compressed set, magic 1 counts offsets from the first message.
    messages.push(encode(magic, codec !== undefined && magic === 1 ? { ...last, offset: last.offset - baseOffset } : last))
  }
  const set = messages.length === 1 ? messages[0]! : Buffer.concat(messages)
  if (codec === undefined || last === undefined) return set
  const wrap = (value: Uint8Array) =>
    encode(magic, { offset: last.offset, timestamp: maxTimestamp, attributes: codec.id, key: null, value })
  const compressed = codec.compress(set)
  return compressed instanceof Uint8Array ? wrap(compressed) : compressed.then(wrap)
}

function encode(magic: 0 | 1, message: Message): Buffer {
  const { key, value } = message
  const size = smallestMessage(magic) + (key?.length ?? 0) + (value?.length ?? 0)
  const bytes = Buffer.allocUnsafe(size)
  bytes.writeBigInt64BE(message.offset, OFFSET)
  bytes.writeInt32BE(size - LOG_OVERHEAD, SIZE)
  bytes.writeInt8(magic, MAGIC)
  bytes.writeInt8(message.attributes, ATTRIBUTES)
  if (magic === 1) bytes.writeBigInt64BE(message.timestamp, TIMESTAMP)
  let at = keyLengthAt(magic)
  for (const part of [key, value]) {
    bytes.writeInt32BE(part === null ? -1 : part.length, at)
    if (part !== null) bytes.set(part, at + 4)
    at += 4 + (part?.length ?? 0)
  }
  bytes.writeUInt32BE(zlib.crc32(bytes.subarray(MAGIC)), CRC)
  return bytes
}
