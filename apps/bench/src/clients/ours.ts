import { Consumer } from '@k/consumer'
import { Producer } from '@k/producer'
import { type BenchClient, keyOf, sendArrays } from './bench-client.ts'

export const ours: BenchClient = {
  name: '@k',

  async produce({ bootstrapServers, topic, value, ...load }) {
    await using producer = new Producer({ bootstrapServers })
    await sendArrays(load, (first, count) =>
      producer.send(Array.from({ length: count }, (_, i) => ({ topic, key: keyOf(first + i), value }))),
    )
  },

  async consume({ bootstrapServers, topic, groupId, total }) {
    await using consumer = new Consumer({ bootstrapServers, groupId, topics: [topic], autoOffsetReset: 'earliest' })
    let seen = 0
    let bytes = 0
    for await (const batch of consumer.batches()) {
      for (const record of batch.records) bytes += record.value?.length ?? 0
      seen += batch.records.length
      if (seen >= total) break
    }
    if (bytes === 0) throw new Error('the records have no value')
  },
}
