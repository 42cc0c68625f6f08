import { FakeCluster } from '@k/testing'
import { Consumer } from '../src/index.ts'
import { Writer } from './support/produce.ts'
const kafka = await FakeCluster.start({ brokers: 3, topics: { orders: 3 } })
const writer = new Writer(kafka)
for (let p = 0; p < 3; p++) await writer.writeMany('orders', p, 1000)
console.log('written', kafka.records('orders').length)
const consumer = new Consumer({ bootstrapServers: kafka.bootstrapServers, groupId: 'billing', topics: ['orders'], autoOffsetReset: 'earliest', logger: { debug: console.log, info: console.log, warn: console.log, error: console.log } })
let n = 0
for await (const record of consumer) { n++; if (n === 1) console.log(record); if (n === 3000) break }
console.log(n, consumer.state, consumer.assignment(), consumer.processedOffsets())
await consumer.close()
console.log(kafka.committed('billing'), kafka.failures, consumer.state)
await writer.close()
await kafka.close()
