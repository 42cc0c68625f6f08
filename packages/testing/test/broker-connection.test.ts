import { type AnyApi, encodeRequest, Fetch, Metadata, Produce, type RequestInputOf } from '@k/protocol'
import { afterEach, describe, expect, it } from 'vitest'
import { FakeCluster } from '../src/index.ts'
import { batchOf, RawClient, type Way } from './support/raw-client.ts'
import { fetchBody, produceBody } from './support/requests.ts'

function framed<A extends AnyApi>(api: A, version: number, body: RequestInputOf<A>, correlationId = 1): Buffer {
  return Buffer.concat(encodeRequest(api, body, { version, correlationId, clientId: 'raw' }))
}

/** The frame with another length: cut, or with bytes after it. */
function resized(frame: Buffer, by: number): Buffer {
  const bytes = Buffer.alloc(frame.length + by)
  frame.copy(bytes)
  bytes.writeInt32BE(bytes.length - 4, 0)
  return bytes
}

describe.each<Way>(['tcp', 'memory'])('a connection over %s', (way) => {
  let kafka: FakeCluster
  afterEach(() => kafka.close())

  async function start(): Promise<RawClient> {
    kafka = await FakeCluster.start({ tcp: way === 'tcp', topics: { t: 1 } })
    return RawClient.connect(kafka, 1, way)
  }

  it('answers many requests in the order in which they came', async () => {
    const client = await start()
    const answered: number[] = []
    const requests = Array.from({ length: 50 }, async (_, i) => {
      if (i % 2 === 0) await client.request(Metadata, 9, { topics: [] })
      else await client.request(Produce, 9, produceBody('t', 0, batchOf([`${i}`])))
      answered.push(i)
    })
    await Promise.all(requests)
    expect(answered).toEqual(Array.from({ length: 50 }, (_, i) => i))
    expect(kafka.records('t').map(({ value }) => Number(value))).toEqual(Array.from({ length: 25 }, (_, i) => i * 2 + 1))
  })

  it('reads requests however they are cut', async () => {
    const client = await start()
    const bytes = Buffer.concat([framed(Metadata, 9, { topics: null }, 1), framed(Metadata, 9, { topics: [] }, 2)])
    const frames = [client.nextFrame(), client.nextFrame()]
    for (const byte of bytes) client.write(Buffer.from([byte]))
    expect((await Promise.all(frames)).map((frame) => frame.readInt32BE(0))).toEqual([1, 2])
  })

  it('carries large requests and responses', async () => {
    const client = await start()
    await kafka.createTopic('large', { numPartitions: 1, configs: { 'max.message.bytes': 20_000_000 } })
    const batch = batchOf(['x'.repeat(5_000_000)])
    const produced = await client.request(Produce, 9, produceBody('large', 0, batch))
    expect(produced.responses[0]!.partitionResponses[0]!.errorCode).toBe(0)
    const fetched = await client.request(Fetch, 12, fetchBody('large', 0, 0))
    expect(fetched.responses[0]!.partitions[0]!.records!.length).toBe(batch.length)
  })

  it.each<[string, string, () => Buffer]>([
    ['a negative size', 'bytes', () => Buffer.from([0xff, 0xff, 0xff, 0xff])],
    ['a size beyond all bounds', 'bytes', () => Buffer.from([0x7f, 0xff, 0xff, 0xff])],
    ['an empty request', 'needs', () => Buffer.from([0, 0, 0, 0])],
    ['a TLS greeting', 'bytes', () => Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc])],
    ['an HTTP request', 'bytes', () => Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ['an API that is not served', 'not served', () => Buffer.from([0, 0, 0, 10, 3, 0xe8, 0, 0, 0, 0, 0, 1, 0xff, 0xff])],
    ['a version that is too old', 'not served', () => framed(Fetch, 3, { maxWaitMs: 1, minBytes: 1, topics: [] })],
    [
      'a request that is cut off',
      'MetadataRequest',
      () => resized(framed(Metadata, 1, { topics: [{ name: 'abc', topicId: 'A'.repeat(22) }] }), -2),
    ],
    ['a request that is too long', 'left over', () => resized(framed(Metadata, 1, { topics: [] }), 3)],
    ['a count that can not be', 'array of', () => Buffer.from([0, 0, 0, 14, 0, 3, 0, 1, 0, 0, 0, 1, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff])],
  ])('ends at %s, and nothing else does', async (_, why, make) => {
    const client = await start()
    const other = await RawClient.connect(kafka, 1, way)
    client.write(make())
    await client.closed
    expect(kafka.failures.map(String)).toEqual([expect.stringContaining(why)])
    expect((await other.request(Metadata, 9, { topics: [] })).brokers).toHaveLength(1)
  })

  it('is not answered where an old producer hopes for it', async () => {
    const client = await start()
    client.write(framed(Produce, 2, produceBody('t', 0, batchOf(['a']))))
    await client.closed
    expect(kafka.records('t')).toEqual([])
  })

  it('outlives random bytes', async () => {
    const client = await start()
    let seed = 42
    const next = () => {
      seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff
      return seed
    }
    const valid = framed(Produce, 9, produceBody('t', 0, batchOf(['a', 'b'])))
    for (let i = 0; i < 300; i++) {
      const broken = Buffer.from(valid)
      for (let n = next() % 4; n >= 0; n--) broken[4 + (next() % (broken.length - 4))] = next() & 255
      const victim = await RawClient.connect(kafka, 1, way)
      victim.write(broken)
      victim.close()
    }
    expect((await client.request(Metadata, 9, { topics: [] })).brokers).toHaveLength(1)
    for (const failure of kafka.failures) expect(failure).not.toBeInstanceOf(TypeError)
  })

  it('stops reading a client that sends without end while it waits', async () => {
    const client = await start()
    const waiting = client.request(Fetch, 12, fetchBody('t', 0, 0, { maxWaitMs: 60_000 }))
    const requests = Array.from({ length: 12 }, () => client.request(Produce, 9, produceBody('t', 0, batchOf(['x'.repeat(1_000_000)]))))
    const other = await RawClient.connect(kafka, 1, way)
    await other.request(Produce, 9, produceBody('t', 0, batchOf(['at last'])))
    await waiting
    const produced = await Promise.all(requests)
    expect(produced.every(({ responses }) => responses[0]!.partitionResponses[0]!.errorCode === 0)).toBe(true)
    expect(kafka.records('t')).toHaveLength(13)
  })
})
