import zlib from 'node:zlib'
import {
  type Codec,
  decodeAssignment,
  decodeResponse,
  encodeAssignment,
  encodeRequest,
  encodeResponse,
  gunzip,
  Heartbeat,
  KafkaError,
  Metadata,
  RecordBatchBuilder,
  type RecordReader,
  recordBatches,
} from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { batchOf, readAll } from './records/read-all.ts'

const NOW = 1_700_000_000_000
const gzip: Codec = { id: 1, name: 'gzip', compress: (bytes) => zlib.gzipSync(bytes), decompress: gunzip }

function batch(baseOffset: number | bigint, codec: Codec | undefined, ...values: (string | Buffer | null)[]): Buffer {
  const builder = new RecordBatchBuilder()
  for (const value of values) builder.append(NOW, 'key', value)
  return builder.close({ baseOffset, codec }) as Buffer
}

describe('what other clients had to mend after they were published', () => {
  it('null is a tombstone, and no empty value', async () => {
    const [first, second] = await readAll(batch(0, undefined, null, ''))
    expect([first!.value, second!.value]).toEqual([null, Buffer.alloc(0)])
  })

  it('a null header value, an empty one and two of one name are all kept, in order', async () => {
    const builder = new RecordBatchBuilder()
    const headers: [string, string | null][] = [
      ['a', '1'],
      ['b', null],
      ['a', '2'],
      ['', ''],
    ]
    builder.append(NOW, null, null, headers)
    const [record] = await readAll(builder.close())
    expect(record!.headers.map(([name, value]) => [name, value?.toString() ?? null])).toEqual(headers)
  })

  it('all batches of a fetch are read, compressed or not, up to the one that is cut off', async () => {
    const whole = [batch(0, undefined, 'a'), batch(1, gzip, 'b', 'c'), batch(3, gzip, 'd'), batch(4, undefined, 'e')]
    const cut = batch(5, gzip, 'f').subarray(0, -1)
    const values = (await readAll(Buffer.concat([...whole, cut]))).map(({ value }) => value!.toString())
    expect(values).toEqual(['a', 'b', 'c', 'd', 'e'])
  })

  it('offsets beyond 2^31 and 2^32 are what they are', async () => {
    for (const offset of [2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 40]) {
      const reader = batchOf(batch(offset, undefined, 'a', 'b')).records() as RecordReader
      reader.next()
      reader.next()
      expect(reader.offset).toBe(offset + 1)
    }
  })

  it('a large batch is no call with as many arguments', async () => {
    const builder = new RecordBatchBuilder()
    for (let i = 0; i < 200_000; i++) builder.append(NOW, null, 'v')
    expect(builder.append(NOW, null, Buffer.alloc(20_000_000))).toBe(200_000)
    const reader = (await batchOf((await builder.close({ codec: gzip })) as Buffer).records()) as RecordReader
    let count = 0
    while (reader.next()) count++
    expect([count, reader.valueLength]).toEqual([200_001, 20_000_000])
    expect([...recordBatches(builder.close())]).toHaveLength(1)
  })

  it('a null array of a flexible version is null, and no empty array', () => {
    const topicsOf = (topics: null | []) => Metadata.request.decode(12, Metadata.request.encode(12, { topics })).topics
    expect([topicsOf(null), topicsOf([])]).toEqual([null, []])
  })

  it('the user data of an assignment arrives', () => {
    const userData = Buffer.from('sticky')
    expect(decodeAssignment(encodeAssignment({ assignedPartitions: [], userData })).userData).toEqual(userData)
  })

  it('tags of a newer broker are passed over, in header and body', () => {
    const [frame] = encodeResponse(Heartbeat, { errorCode: 27 }, { version: 4, correlationId: 7 })
    const plain = Buffer.from(frame!).subarray(4)
    const tag = Buffer.from('01' + '63' + '03' + 'abcdef', 'hex')
    const tagged = Buffer.concat([plain.subarray(0, 4), tag, plain.subarray(5, -1), tag])
    expect(decodeResponse(Heartbeat, 4, tagged)).toEqual(decodeResponse(Heartbeat, 4, plain))
  })

  it('a correlation id beyond 32 bits is refused, and the largest goes round', () => {
    const body = { groupId: 'g', generationId: 1, memberId: 'm' }
    const request = (correlationId: number) => encodeRequest(Heartbeat, body, { version: 4, correlationId, clientId: null })
    for (const id of [2 ** 31, -(2 ** 31) - 1, 2 ** 32]) {
      expect(() => request(id)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
      expect(() => request(id)).toThrow(KafkaError)
    }
    expect(Buffer.concat(request(2 ** 31 - 1)).readInt32BE(8)).toBe(2 ** 31 - 1)
  })

  it('what is large is decompressed in the pool, so that timers and sockets have their turn', async () => {
    const records = Buffer.alloc(8_000_000)
    for (let i = 0; i < records.length; i++) records[i] = (i * i * 7919) >> 5
    let turns = 0
    const timer = setInterval(() => turns++, 0)
    try {
      const answer = gunzip(zlib.gzipSync(records, { level: 1 }), records.length)
      expect(answer).toBeInstanceOf(Promise)
      expect(await answer).toHaveLength(records.length)
      expect(turns).toBeGreaterThan(0)
    } finally {
      clearInterval(timer)
    }
  })
})
