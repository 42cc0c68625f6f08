import { Kafka, logLevel } from 'kafkajs'
import { type BenchClient, keyOf, sendArrays } from './bench-client.ts'

export const kafkajs: BenchClient = {
  name: 'kafkajs',

  async produce({ bootstrapServers, topic, value, ...load }) {
    const kafka = new Kafka({ brokers: bootstrapServers.split(','), logLevel: logLevel.NOTHING })
    const producer = kafka.producer()
    await producer.connect()
    await sendArrays(load, (first, count) =>
      producer.send({ topic, messages: Array.from({ length: count }, (_, i) => ({ key: keyOf(first + i), value })) }),
    )
    await producer.disconnect()
  },

  async consume({ bootstrapServers, topic, groupId, total }) {
    const kafka = new Kafka({ brokers: bootstrapServers.split(','), logLevel: logLevel.NOTHING })
    const consumer = kafka.consumer({ groupId })
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    let seen = 0
    let bytes = 0
    await new Promise<void>((resolve, reject) => {
      consumer
        .run({
          eachBatch: async ({ batch }) => {
            for (const message of batch.messages) bytes += message.value?.length ?? 0
            seen += batch.messages.length
            if (seen >= total) resolve()
          },
        })
        .catch(reject)
    })
    await consumer.disconnect()
    if (bytes === 0) throw new Error('the records have no value')
  },
}
