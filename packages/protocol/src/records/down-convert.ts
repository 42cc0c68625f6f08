import { UnsupportedVersionError } from '../errors/unsupported-version-error.ts'
import { Writer } from '../wire/writer.ts'
import type { Codec } from './codec.ts'
import { CRC, LOG_OVERHEAD, MAGIC, SIZE } from './legacy-message.ts'
import { nodeZlib } from './node-zlib.ts'
import type { RecordCursor } from './record-cursor.ts'

/** What {@link downConvert} makes. */
export interface DownConvertOptions {
  /** The format: 0 before Kafka 0.10, 1 before 0.11. */
  readonly magic: 0 | 1
  /** Makes all messages one compressed message. Default: none. */
  readonly codec?: Codec | undefined
}

/**
 * Records as a message set of magic 0 or 1: what brokers before Kafka 0.11 understand. Offsets stay; magic 0 has no timestamps.
 * @param records - a reader or a builder's cursor that nothing was read from yet
 * @throws UnsupportedVersionError for a record with headers: the old formats have no place for them
 */
export function downConvert(records: RecordCursor, options: DownConvertOptions): Buffer | Promise<Buffer> {
  const { magic, codec } = options
  const messages: Buffer[] = []
  let firstOffset: bigint | undefined
  let offset = 0n
  let maxTimestamp = -1n
  while (records.next()) {
    if (records.headerCount > 0) {
      throw new UnsupportedVersionError('brokers before Kafka 0.11 take no headers: leave them out', { api: 'Produce', field: 'headers' })
    }
    const timestamp = records.timestampBigInt
    if (timestamp > maxTimestamp) maxTimestamp = timestamp
    offset = records.offsetBigInt
    firstOffset ??= offset
    // Inside a compressed set, magic 1 counts offsets from the first message.
    const base = codec !== undefined && magic === 1 ? firstOffset : 0n
    messages.push(encode(magic, 0, offset - base, timestamp, records.key(), records.value()))
  }
  const set = Buffer.concat(messages)
  if (codec === undefined || messages.length === 0) return set
  const wrap = (value: Uint8Array) => encode(magic, codec.id, offset, maxTimestamp, null, value)
  const compressed = codec.compress(set)
  return compressed instanceof Uint8Array ? wrap(compressed) : compressed.then(wrap)
}

function encode(
  magic: 0 | 1,
  attributes: number,
  offset: bigint,
  timestamp: bigint,
  key: Uint8Array | null,
  value: Uint8Array | null,
): Buffer {
  const writer = new Writer()
  writer.int64(offset)
  // Size and checksum, which come last.
  writer.int64(0n)
  writer.int8(magic)
  writer.int8(attributes)
  if (magic === 1) writer.int64(timestamp)
  for (const bytes of [key, value]) {
    writer.int32(bytes?.length ?? -1)
    if (bytes !== null) writer.bytes(bytes)
  }
  const message = writer.concat()
  message.writeInt32BE(message.length - LOG_OVERHEAD, SIZE)
  message.writeUInt32BE(nodeZlib().crc32(message.subarray(MAGIC)), CRC)
  return message
}
