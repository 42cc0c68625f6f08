import { KafkaError } from '../errors/kafka-error.ts'
import * as layout from './batch-layout.ts'
import { crc32c } from './crc32c.ts'

/** What a broker writes into a batch that it appends to its log. */
export interface BatchStamp {
  /** The offset that the first record gets. */
  readonly baseOffset: number | bigint
  /** The epoch of the leader that appends. */
  readonly partitionLeaderEpoch: number
  /** The broker's time in milliseconds, where the topic's `message.timestamp.type` is LogAppendTime. Default: the producer's timestamps stay. */
  readonly logAppendTime?: number | undefined
}

/**
 * Makes a produced batch (magic 2) one of a log, in place: that is all that a broker changes. Base offset and leader epoch lie outside the
 * checksum; only a log append time makes a new one necessary.
 * @throws KafkaError with `INVALID_ARGUMENT` for what is no batch of magic 2
 */
export function stampBatch(bytes: Uint8Array, stamp: BatchStamp): void {
  if (bytes.length < layout.RECORDS || bytes[layout.MAGIC] !== 2) {
    throw new KafkaError('INVALID_ARGUMENT', `only whole batches of magic 2 can be stamped, not ${bytes.length} bytes of something else`)
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  view.setBigInt64(layout.BASE_OFFSET, BigInt(stamp.baseOffset))
  view.setInt32(layout.PARTITION_LEADER_EPOCH, stamp.partitionLeaderEpoch)
  if (stamp.logAppendTime === undefined) return
  view.setInt16(layout.ATTRIBUTES, view.getInt16(layout.ATTRIBUTES) | layout.LOG_APPEND_TIME)
  view.setBigInt64(layout.MAX_TIMESTAMP, BigInt(stamp.logAppendTime))
  view.setUint32(layout.CRC, crc32c(bytes, layout.ATTRIBUTES))
}
