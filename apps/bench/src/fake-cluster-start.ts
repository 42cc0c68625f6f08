import { FakeCluster } from '@k/testing'
import { median } from './measured.ts'

// How long three brokers take to start, and with a topic to be there: the first time in a process, and then.
const [tcp] = process.argv.slice(2)
const times: number[] = []
for (let i = 0; i < 31; i++) {
  const begin = performance.now()
  const kafka = await FakeCluster.start({ brokers: 3, tcp: tcp === 'tcp', topics: { orders: 6 } })
  times.push(performance.now() - begin)
  await kafka.close()
}
const [first, ...later] = times
// Left open handles would keep the process, and its parent, waiting.
process.stdout.write(`${JSON.stringify({ first, later: median(later) })}\n`)
