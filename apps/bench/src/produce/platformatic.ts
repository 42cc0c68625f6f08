import { once } from 'node:events'
import { type Consumer, type Message, type MessageToProduce, Producer, serializersFrom, stringSerializer } from '@platformatic/kafka'
import type { BenchProducer, BenchProducerOptions } from './bench-producer.ts'

type Record = MessageToProduce<Buffer | string, Buffer | string, Buffer, Buffer>

// With its own 16, its stream waits for its timer after every 16 records.
const ARRAY = 1000

/** @platformatic/kafka, idempotent; the way to pour is its stream. */
export function make({ bootstrapServers, topic, compression, transactionalId, isText }: BenchProducerOptions): BenchProducer<Record> {
  const producer = new Producer<Buffer | string, Buffer | string, Buffer, Buffer>({
    clientId: 'bench',
    bootstrapBrokers: bootstrapServers.split(','),
    idempotent: true,
    ...(compression === undefined ? {} : { compression }),
    ...(transactionalId === undefined ? {} : { transactionalId }),
    ...(isText ? { serializers: serializersFrom(stringSerializer) as never } : {}),
  })
  return {
    recordOf: (sample) => ({ topic, ...sample }),
    sendMany: (messages) => producer.send({ messages }),
    sendOne: (message) => producer.send({ messages: [message] }),
    async pour(records, total) {
      const stream = producer.asStream({ batchSize: ARRAY, highWaterMark: 5 * ARRAY })
      for (let i = 0; i < total; i++) {
        if (!stream.write(records[i % records.length])) await once(stream, 'drain')
      }
      await stream.close()
    },
    async transact(messages, groupId, offset) {
      const transaction = await producer.beginTransaction()
      // Of a consumer it wants no more than this; a group that nobody is a member of is coordinated by the only broker.
      const consumer = { groupId, generationId: -1, memberId: '', coordinatorId: 1 } as Consumer
      await transaction.send({ messages: messages.map((message) => ({ ...message })) })
      await transaction.addConsumer(consumer)
      await transaction.addOffset({ topic, partition: 0, offset: BigInt(offset), metadata: { consumer } } as unknown as Message)
      await transaction.commit()
    },
    close: () => producer.close(),
  }
}
