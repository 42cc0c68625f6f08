import { createRecordsBatch, Reader, readRecordsBatches } from '@platformatic/kafka'
import type { BatchCodec } from './batch-codec.ts'
import { timestampOf } from './sample.ts'

export const platformatic: BatchCodec = {
  name: '@platformatic/kafka',

  encoderOf(records) {
    const messages = records.map(({ key, value }, index) => ({
      topic: 'orders',
      partition: 0,
      key,
      value,
      timestamp: BigInt(timestampOf(index)),
    }))
    return () => createRecordsBatch(messages, {}).buffer
  },

  decode(bytes) {
    const batches = readRecordsBatches(Reader.from(bytes))
    return batches.reduce((sum, { records }) => records.reduce((size, { value }) => size + (value?.length ?? 0), sum), 0)
  },
}
