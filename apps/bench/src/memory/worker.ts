import { Producer } from '@k/producer'
import type { Growth } from './growth.ts'

// One producer in a process of its own, which waits for each `enqueue` as it is told, and for nothing else.
const [bootstrapServers, minutes] = process.argv.slice(2) as [string, string]
const MIB = 1024 * 1024
const FIRST = 1000
const BUFFER_MEMORY = 32 * MIB
const total = Number(minutes) * 60_000
const value = Buffer.alloc(1024, 'x')
const rss = () => process.memoryUsage.rss() / MIB

const producer = new Producer({ bootstrapServers, bufferMemory: BUFFER_MEMORY })
let records = 0
let waits = 0
const give = async () => {
  const room = producer.enqueue({ topic: 'slow', value })
  records += 1
  if (room === undefined) return
  waits += 1
  await room
}
while (records < FIRST) await give()
const before = rss()
let most = before
const tenths: number[] = []
const begin = performance.now()
for (let passed = 0; passed < total; passed = performance.now() - begin) {
  await give()
  most = Math.max(most, rss())
  if (passed >= ((tenths.length + 1) * total) / 10) tenths.push(Math.round(rss()))
}
tenths.push(Math.round(rss()))
const growth: Growth = { before, most, tenths, allowed: (BUFFER_MEMORY / MIB) * 1.1 + 16, records, waits }
process.stdout.write(`${JSON.stringify(growth)}\n`)
// What is in the buffer is of no interest.
process.exit()
