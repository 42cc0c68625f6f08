import { gzip } from '@k/compression-gzip'
import { lz4 } from '@k/compression-lz4'
import { snappy } from '@k/compression-snappy'
import { zstd } from '@k/compression-zstd'
import { Producer, type ProducerRecord } from '@k/producer'
import type { BenchProducer, BenchProducerOptions } from './bench-producer.ts'

const CODECS = { gzip, lz4, snappy, zstd }

/** Our producer, with its defaults. */
export function make({ bootstrapServers, topic, compression, transactionalId }: BenchProducerOptions): BenchProducer<ProducerRecord> {
  const codec = compression === undefined ? undefined : CODECS[compression]()
  const producer = new Producer({ bootstrapServers, compression: codec, transactionalId })
  return {
    recordOf: (sample) => ({ topic, ...sample }),
    sendMany: (records) => producer.send(records),
    sendOne: (record) => producer.send(record),
    async pour(records, total) {
      let failed: Error | undefined
      let delivered = 0
      const onDelivery = (error: Error | undefined) => {
        failed ??= error
        delivered += 1
      }
      for (let i = 0; i < total; i++) {
        const room = producer.enqueue(records[i % records.length]!, { onDelivery })
        if (room !== undefined) await room
      }
      await producer.flush()
      if (failed !== undefined) throw failed
      if (delivered !== total) throw new Error(`${delivered} of ${total} records were told of`)
    },
    transact: (records, groupId, offset) =>
      producer.transaction(async (transaction) => {
        await transaction.send(records)
        await transaction.sendOffsets([{ topic, partition: 0, offset }], { groupId, generationId: -1, memberId: '' })
      }),
    close: () => producer.close(),
  }
}
