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
// Not at each record, which would be garbage of our own: beyond 1 MB of it in a second V8 lets the young generation grow.
const LOOK_EVERY = 64
let before = 0
let most = 0
const tenths: number[] = []
let begin = 0
for (;;) {
  const room = producer.enqueue({ topic: 'slow', value })
  records += 1
  if (room !== undefined) waits += 1
  await room
  if (records === FIRST) {
    before = rss()
    begin = performance.now()
  }
  if (records < FIRST || records % LOOK_EVERY > 0) continue
  most = Math.max(most, rss())
  const passed = performance.now() - begin
  if (passed >= ((tenths.length + 1) * total) / 10) tenths.push(Math.round(rss()))
  if (passed >= total) break
}
const growth: Growth = { before, most, tenths, allowed: (BUFFER_MEMORY / MIB) * 1.1 + 16, records, waits }
process.stdout.write(`${JSON.stringify(growth)}\n`)
// What is in the buffer is of no interest.
process.exit()
