import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

/** Runs a program in a process of its own, which must end by itself. Tells what it printed. */
async function run(program: string): Promise<string> {
  const args = [
    '--conditions=@k/source',
    '--experimental-strip-types',
    '--no-warnings',
    '--input-type=module-typescript',
    '--eval',
    program,
  ]
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: import.meta.dirname, timeout: 15_000 })
  return stdout
}

const SET_UP = `
import { FakeCluster } from '@k/testing'
import { Cluster } from '@k/network'
import { Produce, RecordBatchBuilder } from '@k/protocol'
import { Consumer } from '../src/index.ts'
process.on('unhandledRejection', (error) => { console.log('unhandled', error); process.exit(3) })
const kafka = await FakeCluster.start({ topics: { orders: 2 } })
const options = { bootstrapServers: kafka.bootstrapServers, groupId: 'g', topics: ['orders'], autoOffsetReset: 'earliest', logger: null }
const write = async () => {
  const cluster = new Cluster({ bootstrapServers: kafka.bootstrapServers, logger: null })
  await cluster.refresh(['orders'])
  const builder = new RecordBatchBuilder()
  for (let i = 0; i < 10; i++) builder.append(Date.now(), null, String(i))
  const { topicId } = cluster.topic('orders')
  await cluster.request(Produce, { acks: -1, timeoutMs: 1000, topicData: [{ name: 'orders', topicId, partitionData: [{ index: 0, records: builder.close({}) }] }] }, { to: { leaderOf: { topic: 'orders', partition: 0 } } })
  await cluster.close()
}
await write()
`

describe('a process that uses a consumer', () => {
  it('ends by itself after close, with nothing else to end it', async () => {
    const out = await run(`${SET_UP}
      const consumer = new Consumer(options)
      let seen = 0
      for await (const record of consumer) if (++seen === 10) break
      await consumer.close()
      await kafka.close()
      console.log('closed', seen)
    `)
    expect(out).toBe('closed 10\n')
  })

  it('ends by itself where the consumer was never used', async () => {
    expect(await run(`${SET_UP} new Consumer(options); await kafka.close(); console.log('made')`)).toBe('made\n')
  })

  it('ends by itself after close during joining, a rebalance, a failed read and a hanging listener', async () => {
    const out = await run(`${SET_UP}
      const joining = new Consumer(options)
      const first = joining.records().next()
      await joining.close({ timeoutMs: 300 })
      console.log('joining', (await first).done)
      const one = new Consumer(options)
      const two = new Consumer({ ...options, listener: { onPartitionsAssigned: () => new Promise(() => {}) } })
      const reads = [one.records().next(), two.records().next()]
      await kafka.until(() => two.assignment().length > 0)
      await Promise.all([one.close({ timeoutMs: 300 }), two.close({ timeoutMs: 300 })])
      await Promise.allSettled(reads)
      const failing = new Consumer({ ...options, topics: ['orders'], groupId: 'h', valueDeserializer: () => { throw new Error('no') } })
      console.log(await failing.records().next().catch((error) => error.code))
      await failing.close()
      await kafka.close()
      console.log('closed')
    `)
    expect(out).toBe('joining true\nDESERIALIZATION_FAILED\nclosed\n')
  })
})
