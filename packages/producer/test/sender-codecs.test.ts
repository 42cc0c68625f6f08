import { gzip } from '@k/compression-gzip'
import { type Codec, type RecordBatch, type RecordReader, recordBatches, UnsupportedVersionError } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { response, type SentRequest, setUpSenders } from './sender-set-up.ts'

describe('a sender with a codec that works later', () => {
  function slowCodec() {
    const waiting: { resolve: (bytes: Uint8Array) => void; reject: (error: Error) => void }[] = []
    const codec: Codec = {
      id: 4,
      name: 'zstd',
      compress: () => new Promise((resolve, reject) => waiting.push({ resolve, reject })),
      decompress: (bytes) => bytes,
    }
    return { codec, waiting }
  }

  it('lets nothing overtake what is being compressed', async () => {
    const { codec, waiting } = slowCodec()
    const { add, senders, requests, settle, sequencesOf } = setUpSenders({ compression: [codec] })
    add(0)
    senders.drain()
    add(0)
    senders.drain()
    expect(requests).toEqual([])
    waiting[0]?.resolve(Buffer.from('first'))
    await settle()
    waiting[1]?.resolve(Buffer.from('second'))
    await settle()
    expect(sequencesOf(0)).toEqual([0, 1])
  })

  it('fails the batch that cannot be compressed, certainly not written, and sends the others', async () => {
    const { codec, waiting } = slowCodec()
    const { add, senders, requests, noted, settle, partitionsOf } = setUpSenders({ compression: [codec] })
    add(0)
    add(1)
    senders.drain()
    waiting[0]?.reject(new Error('out of memory'))
    waiting[1]?.resolve(Buffer.from('second'))
    await settle()
    expect(noted.errors).toMatchObject([{ code: 'COMPRESSION_FAILED', partition: 0, maybeWritten: false }])
    expect(requests.map(partitionsOf)).toEqual([[1]])
  })

  it('fails the batch of a codec that throws', async () => {
    const codec: Codec = {
      id: 1,
      name: 'gzip',
      compress: () => {
        throw new Error('broken')
      },
      decompress: (bytes) => bytes,
    }
    const { add, senders, requests, noted, settle } = setUpSenders({ compression: [codec] })
    add(0)
    senders.drain()
    await settle()
    expect(noted.errors[0]?.message).toMatch(/gzip failed: .*broken/)
    expect(requests).toEqual([])
  })
})

describe('a sender to a broker of before Kafka 0.11', () => {
  const refusal = () => new UnsupportedVersionError('broker 1 speaks Produce 0 to 2', { api: 'Produce' })
  const batchesOf = (request: SentRequest | undefined): RecordBatch[] => [...recordBatches(request!.partitions[0]!.records)]
  const valuesOf = (reader: RecordReader): string[] => {
    const values: string[] = []
    while (reader.next()) values.push(String(reader.value()))
    return values
  }

  it('writes message sets of magic 1 in Produce 2, once the broker has said that it knows no other', async () => {
    const { add, senders, requests, noted, settle, spoken } = setUpSenders({ produceVersion: undefined })
    const batch = add(0)
    senders.drain()
    expect(requests[0]).toMatchObject({ minVersion: 3 })
    spoken.produceVersion = 2
    requests[0]?.fail(refusal())
    await settle()
    expect(requests[1]).toMatchObject({ broker: 1, minVersion: 2, maxVersion: 2 })
    expect(batchesOf(requests[1]).map(({ magic, maxTimestamp }) => [magic, maxTimestamp])).toEqual([[1, 1_000]])
    expect(batch.attempts).toBe(1)
    requests[1]?.answer(response(requests[1], () => ({ baseOffset: 5n })))
    await settle()
    expect([batch.isSettled, noted.errors]).toEqual([true, []])
    add(0)
    senders.drain()
    await settle()
    expect(requests).toHaveLength(3)
    expect(requests[2]).toMatchObject({ minVersion: 2, maxVersion: 2 })
  })

  it('lets no message set overtake another, however long each takes to compress', async () => {
    const waiting: (() => void)[] = []
    const codec: Codec = {
      ...gzip(),
      compress: (bytes) => new Promise((resolve) => waiting.push(() => resolve(gzip().compress(bytes)))),
    }
    const { add, senders, requests, settle, spoken } = setUpSenders({ produceVersion: undefined, compression: [codec] })
    for (let i = 0; i < 2; i++) {
      add(0)
      senders.drain()
      waiting.shift()?.()
      await settle()
    }
    spoken.produceVersion = 2
    for (const request of [...requests]) request.fail(refusal())
    await settle()
    waiting.pop()?.()
    await settle()
    expect(requests).toHaveLength(2)
    waiting.pop()?.()
    await settle()
    const sets = requests.slice(2).flatMap(batchesOf)
    expect(sets.map(({ magic, compressionType }) => [magic, compressionType])).toEqual([
      [1, 1],
      [1, 1],
    ])
    const readers = await Promise.all(sets.map((set) => set.records()))
    expect(readers.map((reader) => valuesOf(reader)[0]?.[0])).toEqual(['1', '2'])
  })

  it('refuses a batch with headers, certainly not written, instead of losing them, and sends the others', async () => {
    const { add, senders, requests, noted, settle, partitionsOf } = setUpSenders({ produceVersion: 2 })
    add(0, 10, { trace: '1' })
    add(1)
    senders.drain()
    await settle()
    expect(requests.map(partitionsOf)).toEqual([[1]])
    expect(noted.errors).toMatchObject([{ code: 'UNSUPPORTED_VERSION', partition: 0, maybeWritten: false }])
    expect(noted.errors[0]?.message).toContain('headers')
    expect(UnsupportedVersionError.is(noted.errors[0]?.cause)).toBe(true)
  })

  it('does not rewrite zstd, for which old formats have no place', async () => {
    const codec: Codec = { id: 4, name: 'zstd', compress: (bytes) => bytes, decompress: (bytes) => bytes }
    const { add, senders, requests, noted, settle } = setUpSenders({ produceVersion: 2, compression: [codec] })
    add(0)
    senders.drain()
    requests[0]?.fail(refusal())
    await settle()
    expect(requests.map(({ minVersion }) => minVersion)).toEqual([7])
    expect(noted.errors).toMatchObject([{ code: 'UNSUPPORTED_VERSION', maybeWritten: false }])
  })
})

describe('a sender with several codecs', () => {
  const slowGzip: Codec = { id: 1, name: 'gzip', compress: async (bytes) => bytes, decompress: (bytes) => bytes }
  const zstd: Codec = { id: 4, name: 'zstd', compress: (bytes) => bytes, decompress: (bytes) => bytes }
  const codecOf = (request: SentRequest | undefined) =>
    [...recordBatches(request!.partitions[0]!.records)].map(({ compressionType }) => compressionType)

  it('takes the first that its broker understands', async () => {
    for (const [produceVersion, codecId] of [
      [7, 4],
      [6, 1],
      [3, 1],
    ]) {
      const { add, senders, requests, settle } = setUpSenders({ compression: [zstd, slowGzip], produceVersion })
      add(0)
      senders.drain()
      await settle()
      expect(codecOf(requests[0])).toEqual([codecId])
      expect(requests[0]!.minVersion).toBe(codecId === 4 ? 7 : 3)
    }
  })

  it('takes the next once the broker has said that it is too old for the first, and loses no attempt by it', async () => {
    const { add, senders, requests, settle, spoken } = setUpSenders({ compression: [zstd, slowGzip], produceVersion: undefined })
    const batch = add(0)
    senders.drain()
    expect(codecOf(requests[0])).toEqual([4])
    spoken.produceVersion = 5
    requests[0]!.fail(new UnsupportedVersionError('too old', { api: 'Produce' }))
    await settle()
    expect(requests).toHaveLength(2)
    expect(codecOf(requests[1])).toEqual([1])
    expect(batch.attempts).toBe(1)
  })

  it('says what to do where there is no other', async () => {
    const { add, senders, requests, settle, noted } = setUpSenders({ compression: [zstd], produceVersion: 5 })
    add(0)
    senders.drain()
    requests[0]!.fail(new UnsupportedVersionError('Produce: 7 or later is needed', { api: 'Produce' }))
    await settle()
    expect(noted.errors).toMatchObject([{ code: 'UNSUPPORTED_VERSION', maybeWritten: false }])
    expect(noted.errors[0]!.message).toContain('zstd needs Kafka 2.1')
    expect(noted.errors[0]!.message).toContain('[zstd(), gzip()]')
  })
})
