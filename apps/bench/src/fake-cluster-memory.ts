import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Produce, RecordBatchBuilder } from '@k/protocol'
import { FakeCluster } from '@k/testing'
import { RawConnection } from './raw-connection.ts'

// What a cluster holds of memory for the records that it holds: batches of so many records of 100 bytes.
const [recordsPerBatch, total] = process.argv.slice(2).map(Number) as [number, number]
setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as () => void

function held(): number {
  gc()
  gc()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

const kafka = await FakeCluster.start({ tcp: false, topics: { held: 1 } })
const connection = await RawConnection.open(kafka)
const builder = new RecordBatchBuilder()
const value = Buffer.alloc(100, 'x')
for (let i = 0; i < recordsPerBatch; i++) builder.append(Date.now(), null, value)
const records = Buffer.from(builder.close())
const send = async (count: number) => {
  for (let sent = 0; sent < count; sent += recordsPerBatch) {
    await connection.request(Produce, 9, {
      acks: 1,
      timeoutMs: 1000,
      topicData: [{ name: 'held', partitionData: [{ index: 0, records }] }],
    })
  }
  kafka.requests.clear()
}
await send(recordsPerBatch * 100)
const before = held()
await send(total)
const after = held()
const bytes = Math.ceil(total / recordsPerBatch) * records.length
process.stdout.write(`${JSON.stringify({ bytes, memory: after - before })}\n`)
await kafka.close()
