import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { archiveArguments } from '../src/class-archive.ts'
import { type ConsoleRecord, type KafkaCluster, skipKafka, startKafka, type Way } from '../src/index.ts'
import { jarsDirectory } from '../src/jars.ts'
import { probeMetadata } from '../src/metadata-probe.ts'
import { releaseOf } from '../src/release.ts'
import { chooseWay } from '../src/way.ts'

const skip = await skipKafka({ stopBrokers: true })
const possible = async (way: Way): Promise<boolean> => !skip && (await chooseWay(releaseOf('4.3.1'), process.env, way)).way === way
const javaWorks = await possible('java')
const startMs = 180_000
const testMs = 60_000

const createTopic = async (kafka: KafkaCluster, topic: string): Promise<void> => {
  const args = ['--bootstrap-server', kafka.bootstrapServers, '--create', '--topic', topic, '--partitions', '1']
  expect(await kafka.tool('org.apache.kafka.tools.TopicCommand', args)).toMatchObject({ code: 0 })
}

const record = (key: string | null, value: string | null, headers: ConsoleRecord['headers'] = []): ConsoleRecord => ({
  key,
  value,
  headers,
})

describe.skipIf(!javaWorks)('one node in a JVM', () => {
  let kafka: KafkaCluster
  beforeAll(async () => {
    kafka = await startKafka({ way: 'java', listeners: { OTHER: 'PLAINTEXT' } })
  }, startMs)
  afterAll(() => kafka?.close())

  it('has left an archive of its classes, with which brokers and tools start sooner', async () => {
    expect(await archiveArguments(jarsDirectory(releaseOf(kafka.version!)), process.env)).not.toEqual([])
  })

  it('serves metadata on every listener', async () => {
    for (const address of [kafka.bootstrapServers, kafka.bootstrapServersOf('OTHER')]) {
      const [host, port] = address.split(':')
      expect(await probeMetadata(host!, Number(port), 5000)).toEqual([1])
    }
    expect(() => kafka.bootstrapServersOf('NONE')).toThrow('This cluster has no listener NONE; it has PLAINTEXT, OTHER.')
    expect(() => kafka.node(2)).toThrow('This cluster has no node 2; it has 1.')
  })

  it(
    'brings keys, headers, nulls and partitions through the console tools as they were',
    async () => {
      await createTopic(kafka, 'round-trip')
      const records = [
        record('k1', 'caf\u00e9 \u4e16\u754c', [
          ['a', '1'],
          ['b', null],
        ]),
        record(null, 'tab\tinside'),
        record('k3', null),
      ]
      const before = Date.now()
      await kafka.consoleProducer({ topic: 'round-trip', records, properties: { 'compression.type': 'gzip' } })
      const read = await kafka.consoleConsumer({ topic: 'round-trip', count: 3, partition: 0 })
      expect(read).toMatchObject(records.map((each, offset) => ({ ...each, partition: 0, offset, timestampType: 'CreateTime' })))
      expect(read[0]!.timestamp).toBeGreaterThanOrEqual(before)
      expect(await kafka.consoleConsumer({ topic: 'round-trip', count: 3, group: 'readers' })).toEqual(read)
    },
    testMs,
  )

  it(
    'tells what the console tools complain of',
    async () => {
      const missing = { topic: 'no-such-topic', records: [record(null, 'x')], properties: { 'max.block.ms': '1000' } }
      await expect(kafka.consoleProducer(missing)).rejects.toThrow(/The console producer failed.*no-such-topic not present in metadata/s)
      const beyond = { topic: 'round-trip', count: 4, partition: 0, timeoutMs: 2000 }
      await expect(kafka.consoleConsumer(beyond)).rejects.toThrow('The console consumer got 3 of 4 records')
      const endless = ['--bootstrap-server', kafka.bootstrapServers, '--topic', 'round-trip']
      const consuming = kafka.tool('org.apache.kafka.tools.consumer.ConsoleConsumer', endless, { timeoutMs: 3000 })
      await expect(consuming).rejects.toThrow('org.apache.kafka.tools.consumer.ConsoleConsumer did not end within 3000 ms')
    },
    testMs,
  )

  it(
    'needs no Maven for a second start',
    async () => {
      const directory = await mkdtemp(join(tmpdir(), 'no-maven-'))
      await writeFile(join(directory, 'mvn'), `#!/bin/sh\ntouch ${directory}/called\nexit 1\n`)
      await chmod(join(directory, 'mvn'), 0o755)
      const second = await startKafka({ way: 'java' }, { ...process.env, PATH: `${directory}:${process.env.PATH}` })
      expect(second.bootstrapServers).not.toBe(kafka.bootstrapServers)
      await second.close()
      expect(existsSync(join(directory, 'called'))).toBe(false)
      await rm(directory, { recursive: true })
    },
    testMs,
  )

  it(
    'takes other ports when one was taken meanwhile',
    async () => {
      const server = createServer().listen(0, '127.0.0.1')
      await once(server, 'listening')
      const { port: taken } = server.address() as AddressInfo
      const tried: number[] = []
      const second = await startKafka({
        way: 'java',
        properties: ({ ports }) => {
          const { PLAINTEXT: port, CONTROLLER: controller } = ports
          tried.push(port!)
          const wanted = tried.length === 1 ? taken : port
          return { listeners: `PLAINTEXT://127.0.0.1:${wanted},CONTROLLER://127.0.0.1:${controller}` }
        },
      })
      expect(tried).toHaveLength(2)
      expect(second.bootstrapServers).toBe(`127.0.0.1:${tried[1]}`)
      await second.close()
      server.close()
    },
    testMs,
  )

  it(
    'shows the end of the log when a broker does not come up',
    async () => {
      const properties = { 'authorizer.class.name': 'no.such.Authorizer' }
      const starting = startKafka({ way: 'java', properties })
      await expect(starting).rejects.toThrow(/Kafka node 1 ended with exit code 1\. .*server\.log:.*no\.such\.Authorizer/s)
    },
    testMs,
  )

  it('ends its processes and removes its data, but not its logs', async () => {
    const { pid } = kafka.node(1)
    await kafka.close()
    await kafka.close()
    expect(kafka.node(1).running).toBe(false)
    expect(() => process.kill(pid!, 0)).toThrow('ESRCH')
    expect(existsSync(join(kafka.logDirectory!, 'data-1'))).toBe(false)
    expect(existsSync(join(kafka.logDirectory!, 'node-1', 'server.log'))).toBe(true)
  })
})

describe.each(['java', 'docker'] as const)('three nodes by way of %s', async (way) => {
  const works = await possible(way)
  let kafka: KafkaCluster
  beforeAll(async () => {
    if (works) kafka = await startKafka({ way, nodes: 3 })
  }, startMs)
  afterAll(() => kafka?.close())

  it.skipIf(!works)('knows all of them on each of them', async () => {
    expect(kafka.way).toBe(way)
    for (const { host, port } of kafka.nodes) expect((await probeMetadata(host, port, 5000)).sort()).toEqual([1, 2, 3])
  })

  it.skipIf(!works)(
    'survives SIGKILL of a node, which comes back with its data on its port',
    async () => {
      await createTopic(kafka, 'durable')
      await kafka.consoleProducer({ topic: 'durable', records: [record('1', 'before')] })
      const node = kafka.node(2)
      const { port } = node
      await node.kill()
      expect(node.running).toBe(false)
      await expect(probeMetadata(node.host, port, 2000)).rejects.toThrow()
      await kafka.consoleProducer({ topic: 'durable', records: [record('2', 'meanwhile')] })
      await node.start()
      expect(node).toMatchObject({ running: true, port })
      expect(await probeMetadata(node.host, port, 5000)).toContain(2)
      await kafka.node(1).stop()
      await kafka.consoleProducer({ topic: 'durable', records: [record('3', 'after')] })
      const read = await kafka.consoleConsumer({ topic: 'durable', count: 3 })
      expect(read.map((each) => each.value)).toEqual(['before', 'meanwhile', 'after'])
      await kafka.node(1).start()
    },
    2 * testMs,
  )

  it.skipIf(!works)(
    'freezes a node and lets it go on',
    async () => {
      const node = kafka.node(3)
      await node.pause()
      await expect(probeMetadata(node.host, node.port, 500)).rejects.toThrow('gave no metadata within 500 ms')
      await node.resume()
      expect(await probeMetadata(node.host, node.port, 10_000)).toContain(3)
    },
    testMs,
  )
})

describe.skipIf(!javaWorks)('a broker that keeps its metadata in ZooKeeper', () => {
  it(
    'starts, and comes back after SIGKILL once its session has ended',
    async () => {
      const kafka = await startKafka({ way: 'java', version: '2.8.2' })
      const [node] = kafka.nodes
      await node!.kill()
      await node!.start()
      expect(await probeMetadata(node!.host, node!.port, 5000)).toEqual([1])
      await kafka.close()
    },
    startMs,
  )
})
