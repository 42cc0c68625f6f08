import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

/** Runs a program in a process of its own, which must end by itself. Tells what it printed. */
async function run(program: string): Promise<string> {
  const args = ['--conditions=@k/source', '--no-warnings', '--input-type=module', '--eval', program]
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: import.meta.dirname, timeout: 15_000 })
  return stdout
}

const SET_UP = `
import { FakeCluster } from '@k/testing'
import { InitProducerId, Metadata, Produce } from '@k/protocol'
import { Producer } from '../src/index.ts'
process.on('unhandledRejection', (error) => { console.log('unhandled', error); process.exit(3) })
const kafka = await FakeCluster.start({ topics: { orders: 2 } })
const options = { bootstrapServers: kafka.bootstrapServers, logger: null }
const codeOf = (sending) => sending.then(() => 'sent', (error) => error.code)
`

describe('a process that uses a producer', () => {
  it('ends by itself after close, and where the producer was never used', async () => {
    const out = await run(`${SET_UP}
      new Producer(options)
      const producer = new Producer(options)
      await producer.send({ topic: 'orders', value: 'a' })
      await producer.close()
      await kafka.close()
      console.log('closed')
    `)
    expect(out).toBe('closed\n')
  })

  it('ends by itself after close though serializers, callbacks and brokers never end', async () => {
    const out = await run(`${SET_UP}
      const hanging = new Producer({ ...options, valueSerializer: { serialize: () => new Promise(() => {}), close: () => new Promise(() => {}) } })
      const serializing = codeOf(hanging.send({ topic: 'orders', value: 'a' }))
      await hanging.close({ timeoutMs: 50 })
      console.log(await serializing)
      for (const api of [Metadata, InitProducerId, Produce]) {
        kafka.clearFaults()
        kafka.on(api).delay(3_000_000)
        const producer = new Producer(options)
        const sending = codeOf(producer.send({ topic: 'orders', value: 'a' }))
        producer.enqueue({ topic: 'orders', value: 'b' }, { onDelivery: () => { throw new Error('a callback') } })
        await kafka.sawRequest(api)
        await producer.close({ timeoutMs: 50 })
        console.log(await sending)
      }
      await kafka.close()
      console.log('closed')
    `)
    expect(out).toBe('CLOSED\nCLOSED\nCLOSED\nCLOSED\nclosed\n')
  })
})
