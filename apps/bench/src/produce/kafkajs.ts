import { CompressionTypes, Kafka, logLevel, type Message, Partitioners } from 'kafkajs'
import type { BenchProducer, BenchProducerOptions } from './bench-producer.ts'

/** kafkajs, idempotent. Of the codecs it has gzip. */
export async function make(options: BenchProducerOptions): Promise<BenchProducer<Message>> {
  const { bootstrapServers, topic, transactionalId } = options
  const kafka = new Kafka({ brokers: bootstrapServers.split(','), logLevel: logLevel.NOTHING })
  const transactional = transactionalId === undefined ? {} : { transactionalId, maxInFlightRequests: 1 }
  const producer = kafka.producer({ idempotent: true, createPartitioner: Partitioners.DefaultPartitioner, ...transactional })
  await producer.connect()
  const compression = options.compression === undefined ? CompressionTypes.None : CompressionTypes.GZIP
  return {
    recordOf: (sample) => sample,
    sendMany: (messages) => producer.send({ topic, messages, compression }),
    sendOne: (message) => producer.send({ topic, messages: [message], compression }),
    async transact(messages, consumerGroupId, offset) {
      const transaction = await producer.transaction()
      await transaction.send({ topic, messages })
      await transaction.sendOffsets({ consumerGroupId, topics: [{ topic, partitions: [{ partition: 0, offset: String(offset) }] }] })
      await transaction.commit()
    },
    close: () => producer.disconnect(),
  }
}
