// 1,000 messages in batches that are filled by hand; each batch goes to a partition at random, with all of its records or none.
import { Producer } from '@k/producer'
import { openExampleCluster } from './example-cluster.ts'

const topic = 'example-batches'
const count = 1000
const kafka = await openExampleCluster({ [topic]: 6 })
const producer = new Producer({ ...kafka.connection, batchSize: 2048 })
try {
  const partitions = await producer.partitionsFor(topic)
  const perPartition = new Map<number, number>()

  let batch = producer.createBatch()
  const send = async (full: typeof batch) => {
    const { partition } = partitions[Math.floor(Math.random() * partitions.length)]!
    const { offset } = await producer.sendBatch(full, { topic, partition })
    console.log(`${full.recordCount} messages to partition ${partition}, the first at offset ${offset}`)
    perPartition.set(partition, (perPartition.get(partition) ?? 0) + full.recordCount)
  }

  // Batches on their way do not hold up the next one that is filled.
  const sends: Promise<void>[] = []
  for (let i = 0; i < count; i++) {
    const message = { value: `message ${i}` }
    if (batch.append(message) !== undefined) continue
    sends.push(send(batch))
    batch = producer.createBatch()
    batch.append(message)
  }
  sends.push(send(batch))
  await Promise.all(sends)

  for (const [partition, messages] of [...perPartition].sort(([a], [b]) => a - b)) console.log(`partition ${partition}: ${messages}`)
  console.log(`all: ${[...perPartition.values()].reduce((sum, messages) => sum + messages, 0)}`)
} finally {
  await producer.close()
  await kafka.close()
}
