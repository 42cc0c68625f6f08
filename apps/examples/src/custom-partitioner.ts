// The key says where a record goes: "first" and "last" to the first and the last partition, everything else anywhere.
import { type PartitionFunction, Producer } from '@k/producer'
import { openExampleCluster } from './example-cluster.ts'

const byPlace: PartitionFunction = (key, { partitions, available }) => {
  const place = key === null ? '' : Buffer.from(key).toString()
  if (place === 'first') return partitions.at(0)!
  if (place === 'last') return partitions.at(-1)!
  // Where no partition has a leader just now, the record waits for one of any.
  const among = available.length > 0 ? available : partitions
  return among[Math.floor(Math.random() * among.length)]!
}

const topic = 'example-places'
const kafka = await openExampleCluster({ [topic]: 10 })
const producer = new Producer({ ...kafka.connection, partitioner: byPlace })
try {
  for (const key of ['first', 'last', 'somewhere', 'first', 'last', null]) {
    const { partition } = await producer.send({ topic, key, value: `for ${key ?? 'nobody'}` })
    console.log(`${key ?? 'no key'}: partition ${partition}`)
  }
} finally {
  await producer.close()
  await kafka.close()
}
