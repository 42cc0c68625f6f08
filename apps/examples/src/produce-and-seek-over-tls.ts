// Over TLS, with the broker's certificate checked: writes a record, then reads it at the very offset that it was given.
import { Consumer } from '@k/consumer'
import { Producer } from '@k/producer'
import { openExampleCluster } from './example-cluster.ts'

const topic = 'example-secrets'
const kafka = await openExampleCluster({ [topic]: 3 }, { tls: true })
const producer = new Producer(kafka.connection)
const consumer = new Consumer(kafka.connection)
try {
  await producer.send({ topic, partition: 2, value: 'not this one' })
  const { partition, offset } = await producer.send({ topic, partition: 2, value: 'a secret' })
  await producer.send({ topic, partition: 2, value: 'nor this' })
  console.log(`written to partition ${partition} at offset ${offset}`)

  consumer.assign([{ topic, partition }])
  consumer.seek({ topic, partition }, offset)
  for await (const record of consumer) {
    console.log(`read at offset ${record.offset}: ${record.value}`)
    break
  }
} finally {
  await consumer.close()
  await producer.close()
  await kafka.close()
}
