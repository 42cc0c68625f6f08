import { BufferPool, RecordBatchBuilder, type RecordReader, recordBatches } from '@k/protocol'
import type { BatchCodec } from './batch-codec.ts'
import { timestampOf } from './sample.ts'

const pool = new BufferPool(128 * 1024)

export const ours: BatchCodec = {
  name: '@k',

  encoderOf: (records) => () => {
    const builder = new RecordBatchBuilder({ pool })
    for (let i = 0; i < records.length; i++) builder.append(timestampOf(i), records[i]!.key, records[i]!.value)
    const bytes = builder.close()
    // As the producer does once the broker has answered: until the next batch is begun, the bytes stay as they are.
    builder.release()
    return bytes
  },

  decode(bytes) {
    let size = 0
    for (const batch of recordBatches(bytes)) {
      batch.ensureValid()
      const reader = batch.records() as RecordReader
      while (reader.next()) size += reader.value()?.length ?? 0
    }
    return size
  },
}
