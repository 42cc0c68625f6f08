import { createRequire } from 'node:module'
import type { BatchCodec } from './batch-codec.ts'
import { timestampOf } from './sample.ts'

// What its producer and its consumer are made of; it has no types for them.
interface Encoder {
  readonly buffer: Buffer
}
type EncodeRecord = (record: { offsetDelta: number; timestampDelta: number; key: Buffer; value: Buffer }) => Encoder
type EncodeBatch = (batch: {
  firstTimestamp: number
  maxTimestamp: number
  lastOffsetDelta: number
  records: Encoder[]
}) => Promise<Encoder>
type DecodeBatch = (decoder: unknown) => Promise<{ records: { value: Buffer | null }[] }>

const require = createRequire(import.meta.url)
const encodeRecord = require('kafkajs/src/protocol/recordBatch/record/v0') as EncodeRecord
const { RecordBatch: encodeBatch } = require('kafkajs/src/protocol/recordBatch/v0') as { RecordBatch: EncodeBatch }
const decodeBatch = require('kafkajs/src/protocol/recordBatch/v0/decoder') as DecodeBatch
const Decoder = require('kafkajs/src/protocol/decoder') as new (bytes: Buffer) => unknown

export const kafkajs: BatchCodec = {
  name: 'kafkajs',

  encoderOf: (records) => async () => {
    const firstTimestamp = timestampOf(0)
    const encoder = await encodeBatch({
      firstTimestamp,
      maxTimestamp: timestampOf(records.length - 1),
      lastOffsetDelta: records.length - 1,
      records: records.map(({ key, value }, offsetDelta) =>
        encodeRecord({ offsetDelta, timestampDelta: timestampOf(offsetDelta) - firstTimestamp, key, value }),
      ),
    })
    return encoder.buffer
  },

  async decode(bytes) {
    const { records } = await decodeBatch(new Decoder(bytes))
    return records.reduce((size, { value }) => size + (value?.length ?? 0), 0)
  },
}
