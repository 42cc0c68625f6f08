import { FakeCluster } from '@k/testing'

async function main(): Promise<void> {
  await using kafka = await FakeCluster.start({ brokers: 3 })
  await kafka.createTopic('orders', { numPartitions: 3 })
  console.log(`holds ${kafka.records('orders').length} records`)
}

main()
