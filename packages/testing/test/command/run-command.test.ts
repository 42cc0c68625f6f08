import { createServer, type Server } from 'node:net'
import { ApiVersions, Metadata } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { parseCommand } from '../../src/command/command-options.ts'
import { runCommand } from '../../src/command/run-command.ts'
import { FakeCluster } from '../../src/index.ts'
import { RawClient } from '../support/raw-client.ts'

/** Runs the command with a process of the test's own. */
function run(...args: string[]) {
  const lines: string[] = []
  const errors: string[] = []
  const clusters: FakeCluster[] = []
  let end = () => {}
  const ended = new Promise<void>((resolve) => {
    end = resolve
  })
  const start: typeof FakeCluster.start = async (options) => {
    const cluster = await FakeCluster.start(options)
    clusters.push(cluster)
    return cluster
  }
  const code = runCommand(args, start, { print: (line) => lines.push(line), printError: (line) => errors.push(line), ended })
  return { lines, errors, clusters, end, code }
}

async function freePort(): Promise<number> {
  const server = await listening(0)
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

function listening(port: number): Promise<Server> {
  return new Promise((resolve) => {
    const server = createServer().listen(port, '127.0.0.1', () => resolve(server))
  })
}

describe('the command', () => {
  it('understands its arguments', () => {
    expect(parseCommand([])).toEqual({ port: 9092, brokers: 1, version: '4.3', topics: {}, autoCreateTopics: false })
    const args = ['--port', '19092', '--brokers=3', '--version', '0.10.2', '--topics', 'orders:6,events:1', '--auto-create']
    const topics = { orders: 6, events: 1 }
    expect(parseCommand(args)).toEqual({ port: 19_092, brokers: 3, version: '0.10.2', topics, autoCreateTopics: true })
    expect(parseCommand(['-h'])).toBe(undefined)
  })

  it.each([
    [['--port', 'x'], '--port must be a whole number from 1 to 65535, not x'],
    [['--brokers', '0'], '--brokers must be a whole number from 1 to 1000, not 0'],
    [['--version', '7.7'], '--version must be one of 0.10.2, 0.11,'],
    [['--topics', 'orders'], '"orders" is not name:partitions'],
    [['--topics', 'a:1,a:2'], '--topics names a twice'],
    [['--nonsense'], "arguments cannot be understood: Unknown option '--nonsense'"],
    [['orders'], 'arguments cannot be understood: Unexpected argument'],
    [['--port'], "arguments cannot be understood: Option '--port <value>' argument missing; --help"],
  ])('says of %j in one sentence what is wrong', async (args, sentence) => {
    const { lines, errors, code } = run(...args)
    expect(await code).toBe(1)
    expect([errors.length, lines]).toEqual([1, []])
    expect(errors[0]).toContain(sentence)
    expect(errors[0]).not.toContain('\n')
  })

  it('helps', async () => {
    const { lines, code } = run('--help')
    expect(await code).toBe(0)
    expect(lines.join()).toContain('--topics <list>')
  })

  it('serves until it is ended, and tells of clients', async () => {
    const port = await freePort()
    const { lines, errors, clusters, end, code } = run('--port', `${port}`, '--topics', 'orders:6,events:1')
    await expect.poll(() => lines.length).toBe(4)
    expect(lines).toEqual([
      `Kafka 4.3 in memory, 1 broker: 127.0.0.1:${port}`,
      'topic orders: 6 partitions',
      'topic events: 1 partition',
      'Ctrl-C ends it.',
    ])
    const named = await RawClient.connect(clusters[0]!, 1, 'tcp')
    named.clientId = 'shop'
    await named.request(ApiVersions, 3, { clientSoftwareName: 'raw', clientSoftwareVersion: '1.0' })
    expect((await named.request(Metadata, 9, { topics: null })).topics.map(({ name }) => name)).toEqual(['orders', 'events'])
    const nameless = await RawClient.connect(clusters[0]!, 1, 'tcp')
    nameless.clientId = null
    await nameless.request(Metadata, 9, { topics: [] })
    end()
    expect(await code).toBe(0)
    await Promise.all([named.closed, nameless.closed])
    const rest = [
      'broker 1: client shop (raw 1.0) connected',
      'broker 1: client without an id connected',
      'The cluster has ended, and everything in it is gone.',
    ]
    expect([lines.slice(4), errors]).toEqual([rest, []])
  })

  it('says when the port is taken, or the topic cannot be', async () => {
    const server = await listening(0)
    const { port } = server.address() as { port: number }
    const taken = run('--port', `${port}`)
    expect([await taken.code, taken.errors]).toEqual([1, [`Port ${port} is taken: end what listens there, or choose another with --port.`]])
    await new Promise((resolve) => server.close(resolve))
    const bad = run('--port', `${port}`, '--topics', 'a b:1')
    expect(await bad.code).toBe(1)
    expect(bad.errors[0]).toContain('topic a b was not created: INVALID_TOPIC_EXCEPTION')
  })
})
