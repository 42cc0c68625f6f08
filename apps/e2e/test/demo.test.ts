import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { skipKafka, startKafka } from '@tooling/kafka'
import { describe, expect, it } from 'vitest'

const MAIN = fileURLToPath(import.meta.resolve('../../demo/src/main.ts'))

/** Runs the demo in a process of its own; `onLine` is called with each line as it comes. */
async function demo(args: string[], env: NodeJS.ProcessEnv = {}, onLine: (line: string) => void = () => {}) {
  const { KAFKA_BOOTSTRAP_SERVERS: _, ...inherited } = process.env
  const child = spawn(process.execPath, ['--conditions=@k/source', MAIN, ...args], { env: { ...inherited, ...env } })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk
    for (const line of chunk.toString().split('\n')) onLine(line)
  })
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk
  })
  const [code] = (await once(child, 'close')) as [number]
  return { code, stdout, stderr }
}

describe('the demo on the embedded cluster', () => {
  it('counts every word of its default text', async () => {
    const { code, stdout, stderr } = await demo(['--rate', 'max'])
    expect(stderr).toBe('')
    expect(stdout).toMatch(/delivered again +0$/m)
    expect(stdout).toMatch(/connections lost +0$/m)
    expect(stdout).toMatch(/counts +equal$/m)
    expect(code).toBe(0)
  })

  it('shows a rebalance when the third member joins', async () => {
    const { code, stdout } = await demo([fileURLToPath(import.meta.url), '--rate', '100'])
    expect(stdout).toMatch(/counter 3 reads partitions/)
    expect(Number(/rebalances +(\d+)/.exec(stdout)?.[1])).toBeGreaterThanOrEqual(1)
    expect(code).toBe(0)
  })

  it.each([
    ['a file that does not exist', ['no-such-file.txt'], {}],
    ['a broker that cannot be reached', ['--rate', 'max'], { KAFKA_BOOTSTRAP_SERVERS: '127.0.0.1:1' }],
    ['an option that does not exist', ['--speed', '3'], {}],
  ])('ends in one clear sentence for %s', async (_, args, env) => {
    const { code, stderr } = await demo(args, env)
    expect(code).toBe(1)
    expect(stderr.trim().split('\n')).toHaveLength(1)
    expect(stderr).not.toMatch(/\bat .*:\d+:\d+/)
  })
})

describe.skipIf(await skipKafka({ version: '4.3.1', stopBrokers: true }))('the demo on three brokers of Apache Kafka 4.3.1', () => {
  it('ends with equal counts and shows the lost connections when one of them is killed', async () => {
    await using kafka = await startKafka({ version: '4.3.1', nodes: 3 })
    let killed: Promise<void> | undefined
    const { code, stdout, stderr } = await demo([], { KAFKA_BOOTSTRAP_SERVERS: kafka.bootstrapServers }, (line) => {
      if (/^[3-9]\d%/.test(line)) killed ??= kafka.node(2).kill()
    })
    await killed
    expect(stderr).toBe('')
    expect(stdout).toMatch(/counts +equal$/m)
    expect(Number(/connections lost +(\d+)/.exec(stdout)?.[1])).toBeGreaterThan(0)
    expect(killed).toBeDefined()
    expect(code).toBe(0)
  })
})
