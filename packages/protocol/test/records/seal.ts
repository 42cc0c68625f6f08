import { crc32c } from '@k/protocol'

/** Makes the checksum of a changed batch (magic 2) fit again, so that a lie gets past it. */
export function seal(batch: Buffer): Buffer {
  batch.writeUInt32BE(crc32c(batch, 21), 17)
  return batch
}
