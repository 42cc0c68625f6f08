// Values as JSON, compressed by gzip; the consumer gets back what was sent, objects and lists alike.
import { gzip } from '@k/compression-gzip'
import { Consumer, jsonDeserializer } from '@k/consumer'
import { jsonSerializer, Producer } from '@k/producer'
import { openExampleCluster } from './example-cluster.ts'

type Reading = { readonly sensor: string; readonly celsius: number } | number[]

const topic = 'example-readings'
const kafka = await openExampleCluster({ [topic]: 1 })
const producer = new Producer({ ...kafka.connection, valueSerializer: jsonSerializer<Reading>(), compression: gzip() })
const consumer = new Consumer({ ...kafka.connection, valueDeserializer: jsonDeserializer<Reading>() })
try {
  const readings: Reading[] = [{ sensor: 'roof', celsius: 21.5 }, [1, 2, 3], { sensor: 'cellar', celsius: 12 }]
  const written = await producer.send(readings.map((value) => ({ topic, value })))
  console.log(`${written.length} values written`)

  consumer.assign([{ topic, partition: 0 }])
  consumer.seek({ topic, partition: 0 }, written[0]!.offset)
  let left = written.length
  for await (const { value } of consumer) {
    if (Array.isArray(value)) console.log(`a list of ${value.length}: ${value.join(', ')}`)
    else console.log(`an object: ${value?.sensor} has ${value?.celsius} degrees`)
    if (--left === 0) break
  }
} finally {
  await consumer.close()
  await producer.close()
  await kafka.close()
}
