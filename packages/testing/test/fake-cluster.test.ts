import { spawn } from 'node:child_process'
import { connect as connectTls } from 'node:tls'
import { encodeRequest, Fetch, KafkaError, ListOffsets, Metadata, Produce, type RecordBatchBuilder, ZERO_UUID } from '@k/protocol'
import { afterEach, describe, expect, it } from 'vitest'
import { FakeCluster } from '../src/index.ts'
import { certificate } from './support/certificate.ts'
import { batchOf, RawClient, SOME_TIME, type Way } from './support/raw-client.ts'
import { commit, createTopic, produce, produceBody } from './support/requests.ts'

describe.each<Way>(['tcp', 'memory'])('a cluster over %s', (way) => {
  let kafka: FakeCluster
  afterEach(() => kafka.close())

  it('takes records and gives them back', async () => {
    kafka = await FakeCluster.start({ brokers: 3, tcp: way === 'tcp' })
    await kafka.createTopic('orders', { numPartitions: 3 })
    const client = await RawClient.connect(kafka, 2, way)
    const metadata = await client.request(Metadata, 13, { topics: [{ topicId: ZERO_UUID, name: 'orders' }] })
    const [topic] = metadata.topics
    expect(metadata.brokers.map(({ host, port }) => `${host}:${port}`).join(',')).toBe(kafka.bootstrapServers)
    expect(topic!.partitions.map(({ leaderId }) => leaderId)).toEqual([1, 2, 3])

    const records = batchOf([{ key: 'a', value: 'paid' }, 'shipped'])
    const { topicId } = topic!
    const produced = await client.request(Produce, 13, {
      acks: -1,
      timeoutMs: 1000,
      topicData: [{ topicId, partitionData: [{ index: 1, records }] }],
    })
    expect(produced.responses[0]!.partitionResponses[0]).toMatchObject({ errorCode: 0, baseOffset: 0n, logStartOffset: 0n })

    const partitions = [{ partition: 1, fetchOffset: 0n, partitionMaxBytes: 1_000_000 }]
    const fetched = await client.request(Fetch, 18, { maxWaitMs: 1000, minBytes: 1, topics: [{ topicId, partitions }] })
    expect(fetched.responses[0]!.partitions[0]).toMatchObject({ errorCode: 0, highWatermark: 2n })
    const end = await client.request(ListOffsets, 11, {
      replicaId: -1,
      isolationLevel: 0,
      topics: [{ name: 'orders', partitions: [{ partitionIndex: 1, timestamp: -1n }] }],
    })
    expect(end.topics[0]!.partitions[0]).toMatchObject({ errorCode: 0, offset: 2n })
    expect(kafka.failures).toEqual([])
  })

  it('ends with its connections, and can be ended again', async () => {
    kafka = await FakeCluster.start({ brokers: 2, tcp: way === 'tcp' })
    const clients = [await RawClient.connect(kafka, 1, way), await RawClient.connect(kafka, 2, way)]
    await kafka.close()
    await Promise.all(clients.map(({ closed }) => closed))
    await kafka.close()
    await expect(RawClient.connect(kafka, 1, way)).rejects.toThrow(way === 'tcp' ? 'ECONNREFUSED' : 'the FakeCluster was closed')
  })
})

describe('a cluster', () => {
  it('is reached in memory also where there is TCP', async () => {
    await using kafka = await FakeCluster.start({ topics: { t: 1 } })
    const over = { tcp: await RawClient.connect(kafka, 1, 'tcp'), memory: await RawClient.connect(kafka, 1, 'memory') }
    await produce(over.tcp, 't', 0, batchOf(['by tcp']))
    await produce(over.memory, 't', 0, batchOf(['in memory']))
    expect(kafka.records('t').map(({ value }) => `${value}`)).toEqual(['by tcp', 'in memory'])
  })

  it('opens no socket where it is told not to', async () => {
    const before = process.getActiveResourcesInfo().filter((name) => name.startsWith('TCP')).length
    await using kafka = await FakeCluster.start({ tcp: false, brokers: 3 })
    const client = await RawClient.connect(kafka)
    await createTopic(client, 't')
    expect(process.getActiveResourcesInfo().filter((name) => name.startsWith('TCP')).length).toBeLessThanOrEqual(before)
    expect(kafka.bootstrapServers.split(',').every((address) => address.endsWith('.invalid:9092'))).toBe(true)
  })

  it('shows records decoded, whatever is in them', async () => {
    await using kafka = await FakeCluster.start({ tcp: false, topics: { t: 2 } })
    const client = await RawClient.connect(kafka)
    const headers: [string, string | null][] = [
      ['a', '1'],
      ['a', null],
    ]
    await produce(client, 't', 1, batchOf([{ key: 'k', value: null, timestamp: SOME_TIME + 5, headers }]))
    await produce(client, 't', 0, batchOf([{ key: null, value: Buffer.from([0, 255]) }]))
    const [first, second] = kafka.records('t')
    expect(first).toEqual({
      topic: 't',
      partition: 0,
      offset: 0,
      timestamp: SOME_TIME,
      key: null,
      value: Buffer.from([0, 255]),
      headers: [],
    })
    expect(second).toMatchObject({ partition: 1, timestamp: SOME_TIME + 5, key: Buffer.from('k'), value: null })
    expect(second!.headers).toEqual([
      ['a', Buffer.from('1')],
      ['a', null],
    ])
    expect(() => kafka.records('nope')).toThrow('there is no topic nope')
  })

  it('needs to be given the codecs that Node does not bring, synchronous ones', async () => {
    const reversed = (bytes: Uint8Array) => Buffer.from(bytes).reverse()
    const lz4 = { id: 3, name: 'lz4', compress: reversed, decompress: reversed } as const
    const codec: NonNullable<Parameters<RecordBatchBuilder['close']>[0]> = { codec: lz4 } as never
    const records = batchOf(['squeezed'], codec)
    const value = async (codecs: Parameters<typeof FakeCluster.start>[0] & object) => {
      await using kafka = await FakeCluster.start({ tcp: false, topics: { t: 1 }, ...codecs })
      await produce(await RawClient.connect(kafka), 't', 0, records)
      return kafka.records('t').map((record) => `${record.value}`)
    }
    await expect(value({})).rejects.toThrow('install @k/compression-lz4')
    expect(await value({ codecs: [lz4] })).toEqual(['squeezed'])
    await expect(value({ codecs: [{ ...lz4, decompress: async (bytes) => reversed(bytes) }] })).rejects.toThrow('hand in a synchronous one')
  })

  it('starts with the topics that it is given', async () => {
    await using kafka = await FakeCluster.start({ tcp: false, topics: { a: 2, b: { numPartitions: 1, configs: { 'retention.ms': 5 } } } })
    const { topics } = await (await RawClient.connect(kafka)).request(Metadata, 12, { topics: null })
    expect(topics.map(({ name, partitions }) => [name, partitions.length])).toEqual([
      ['a', 2],
      ['b', 1],
    ])
  })

  it('refuses a topic that Kafka would refuse, with the reason', async () => {
    await using kafka = await FakeCluster.start({ tcp: false, topics: { t: 1 } })
    await expect(kafka.createTopic('t')).rejects.toMatchObject({
      code: 'TOPIC_ALREADY_EXISTS',
      message: expect.stringContaining('topic t'),
    })
    await expect(kafka.createTopic('u', { configs: { nope: 1 } })).rejects.toMatchObject({ code: 'INVALID_CONFIG' })
    await expect(kafka.deleteTopic('u')).rejects.toMatchObject({ code: 'UNKNOWN_TOPIC_OR_PARTITION' })
    await expect(FakeCluster.start({ tcp: false, topics: { 'a b': 1 } })).rejects.toMatchObject({ code: 'INVALID_TOPIC_EXCEPTION' })
  })

  it('speaks TLS where it is told to', async () => {
    const { key, cert } = certificate
    await using kafka = await FakeCluster.start({ tls: { key, cert } })
    const { host, port } = kafka.broker(1)
    const socket = connectTls({ host, port, ca: cert, servername: 'localhost' })
    socket.write(Buffer.concat(encodeRequest(Metadata, { topics: [] }, { version: 9, correlationId: 7, clientId: null })))
    const answer = await new Promise<Buffer>((resolve, reject) => socket.on('data', resolve).on('error', reject))
    expect(answer.readInt32BE(4)).toBe(7)
    socket.destroy()
    const plain = await RawClient.connect(kafka, 1, 'tcp')
    await expect(plain.request(Metadata, 9, { topics: [] })).rejects.toThrow('connection closed')
    // A handshake that never comes does not hold up the end.
    const silent = await RawClient.connect(kafka, 1, 'tcp')
    await kafka.close()
    await silent.closed
  })

  it('takes the ports that it is given, one after the other', async () => {
    const { port } = await FakeCluster.start().then(async (probe) => {
      const { port } = probe.broker(1)
      await probe.close()
      return { port }
    })
    await using kafka = await FakeCluster.start({ port })
    expect(kafka.bootstrapServers).toBe(`127.0.0.1:${port}`)
    await expect(FakeCluster.start({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
  })

  it('waits for what a test waits for', async () => {
    await using kafka = await FakeCluster.start({ tcp: false, topics: { t: 1 } })
    const client = await RawClient.connect(kafka)
    const seen = kafka.sawRequest(Produce, ({ body }) => body.acks === 1)
    const three = kafka.until(() => kafka.records('t').length === 3 && kafka.records('t'))
    for (const [i, acks] of [-1, 1, -1].entries()) await client.request(Produce, 9, produceBody('t', 0, batchOf([`${i}`]), acks))
    expect((await seen).correlationId).toBe(2)
    expect((await three).map(({ value }) => `${value}`)).toEqual(['0', '1', '2'])
    expect((await kafka.sawRequest(Produce)).correlationId).toBe(1)
    let outside = 0
    const counting = kafka.until(() => outside)
    outside = 5
    expect(await counting).toBe(5)
  })

  it('says what did not happen in time', async () => {
    await using kafka = await FakeCluster.start({ tcp: false })
    await expect(kafka.sawRequest(Fetch, undefined, { timeoutMs: 20 })).rejects.toThrow(
      'no such Fetch request was seen (of 0; requests.format() shows all) within 20 ms',
    )
    const never = kafka.until(() => kafka.brokers.length === 7, { timeoutMs: 20 })
    await expect(never).rejects.toSatisfy((error) => KafkaError.is(error, 'TIMED_OUT') && error.message.includes('length === 7'))
    const hanging = kafka.until(() => new Promise<boolean>(() => {}), { timeoutMs: 20 })
    await expect(hanging).rejects.toMatchObject({ code: 'TIMED_OUT' })
    const broken = kafka.until(() => {
      throw new Error('broken')
    })
    await expect(broken).rejects.toThrow('broken')
  })

  it('tells what a group has committed', async () => {
    await using kafka = await FakeCluster.start({ tcp: false, topics: { t: 2 } })
    const client = await RawClient.connect(kafka)
    expect(kafka.committed('g')).toEqual([])
    await commit(client, 'g', 't', 1, 4)
    await commit(client, 'g', 't', 1, 6)
    expect(kafka.committed('g')).toEqual([{ topic: 't', partition: 1, offset: 6, metadata: '' }])
  })

  it.each([
    [{ brokers: 0 }, 'brokers must be an integer from 1 to 1000, not 0'],
    [{ brokers: 1.5 }, 'brokers must be'],
    [{ port: 70_000 }, 'port must be'],
    [{ racks: ['a'], brokers: 2 }, 'racks must name one rack for each of 2 brokers'],
    [{ defaultPartitions: -1 }, 'defaultPartitions must be'],
    [{ groupInitialRebalanceDelayMs: Number.NaN }, 'groupInitialRebalanceDelayMs must be'],
    [{ numBrokers: 3 } as object, 'numBrokers is not an option of FakeCluster'],
  ])('refuses the options %o', async (options, message) => {
    await expect(FakeCluster.start(options)).rejects.toMatchObject({ code: 'INVALID_OPTION', message: expect.stringContaining(message) })
  })

  it.each([true, false])(
    'lets the process end once it is closed, and keeps it alive before (TCP: %s)',
    async (tcp) => {
      const script = `
      import { FakeCluster } from '@k/testing'
      const kafka = await FakeCluster.start({ brokers: 3, tcp: ${tcp} })
      process.stdout.write('started')
      process.stdin.once('data', () => kafka.close())
      process.stdin.unref()
    `
      const child = spawn(process.execPath, ['--conditions=@k/source', '--input-type=module', '-e', script], { cwd: import.meta.dirname })
      const ended = new Promise<number | null>((resolve) => child.on('exit', resolve))
      await new Promise(
        (resolve, reject) => child.stdout.once('data', resolve) && child.stderr.once('data', (text) => reject(new Error(`${text}`))),
      )
      expect(child.exitCode).toBe(null)
      child.stdin.write('close')
      expect(await ended).toBe(0)
    },
    20_000,
  )
})
