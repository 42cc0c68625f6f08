import { Admin } from '@k/admin'
import { gzip } from '@k/compression-gzip'
import { Consumer } from '@k/consumer'
import { Producer } from '@k/producer'
import { FakeCluster } from '@k/testing'

async function main(): Promise<void> {
  await using kafka = await FakeCluster.start({ brokers: 3 })
  const { bootstrapServers, transport } = kafka
  await using admin = new Admin({ bootstrapServers, transport })
  await admin.createTopics([{ topic: 'orders', numPartitions: 3, replicationFactor: 3 }])
  await using producer = new Producer({ bootstrapServers, transport, compression: gzip() })
  await producer.send({ topic: 'orders', key: 'o-1', value: 'paid' })
  await using consumer = new Consumer({ bootstrapServers, transport, groupId: 'billing', topics: ['orders'], autoOffsetReset: 'earliest' })
  for await (const record of consumer) {
    console.log(`read ${record.key} ${record.value?.toString()}`)
    break
  }
}

main()
