import { gzip } from '@k/compression-gzip'
import { describe, expect, it, vi } from 'vitest'
import { type ConsumerRecord, jsonDeserializer, stringDeserializer } from '../../src/index.ts'
import { filled, numbered, Rig, take } from '../support/rig.ts'

const tp = (partition = 0) => ({ topic: 'orders', partition })

describe('a record', () => {
  it('tells all that was written, and where', async () => {
    const rig = await Rig.start({ topics: { orders: 1 } })
    await rig.writer.write('orders', 0, [
      {
        key: 'k',
        value: 'v',
        timestamp: 1_700_000_000_123,
        headers: [
          ['a', '1'],
          ['b', null],
          ['a', '2'],
        ],
      },
      { key: 'gone', value: null },
    ])
    const records: ConsumerRecord[] = []
    for await (const record of rig.consumer()) if (records.push(record) === 2) break
    const [record, tombstone] = records
    expect(record).toMatchObject({
      ...tp(),
      offset: 0,
      offsetBigInt: 0n,
      timestamp: 1_700_000_000_123,
      timestampType: 'CreateTime',
      key: Buffer.from('k'),
      value: Buffer.from('v'),
      serializedKeySize: 1,
      serializedValueSize: 1,
      leaderEpoch: 0,
    })
    expect([...record!.headers]).toEqual([
      ['a', Buffer.from('1')],
      ['b', null],
      ['a', Buffer.from('2')],
    ])
    expect(record!.headers.get('a')).toEqual(Buffer.from('2'))
    expect(record!.headers.getAll('a')).toEqual([Buffer.from('1'), Buffer.from('2')])
    expect([record!.headers.get('b'), record!.headers.get('c')]).toEqual([null, undefined])
    expect(tombstone).toMatchObject({ offset: 1, value: null, serializedValueSize: undefined })
    expect(tombstone!.headers.size).toBe(0)
  })

  it('carries the time of the broker where the topic is set to it', async () => {
    const rig = await Rig.start({ topics: { orders: { numPartitions: 1, configs: { 'message.timestamp.type': 'LogAppendTime' } } } })
    await rig.writer.write('orders', 0, [{ value: 'v', timestamp: 1 }])
    for await (const record of rig.consumer()) {
      expect(record.timestampType).toBe('LogAppendTime')
      expect(record.timestamp).toBeGreaterThan(1_600_000_000_000)
      break
    }
  })

  it('is read from compressed batches', async () => {
    const rig = await Rig.start({ topics: { orders: 1 } })
    const records = Array.from({ length: 50 }, (_, i) => ({ value: `0:${i}` }))
    await rig.writer.write('orders', 0, records, { codec: gzip() })
    expect(await take(rig.consumer(), 50)).toEqual(numbered(50))
  })
})

describe('deserializers', () => {
  it('make keys and values, and are told topic and headers; never called for null', async () => {
    const rig = await Rig.start({ topics: { orders: 1 } })
    await rig.writer.write('orders', 0, [
      { key: 'k', value: '{"n":1}', headers: { h: 'x' } },
      { key: null, value: null },
    ])
    const seen = vi.fn()
    const consumer = rig.consumer<string, { n: number }>({
      keyDeserializer: (bytes, { topic, headers }) => {
        seen(topic, headers.get('h')?.toString())
        return bytes.toString()
      },
      valueDeserializer: jsonDeserializer<{ n: number }>(),
    })
    const got: unknown[] = []
    for await (const record of consumer) {
      got.push([record.key, record.value])
      if (got.length === 2) break
    }
    expect(got).toEqual([
      ['k', { n: 1 }],
      [null, null],
    ])
    expect(seen.mock.calls).toEqual([['orders', 'x']])
  })

  it('may take their time: those of a batch run together, and records come in order', async () => {
    const rig = await filled(20)
    let running = 0
    let most = 0
    const consumer = rig.consumer<Buffer, string>({
      valueDeserializer: {
        deserialize: async (bytes) => {
          most = Math.max(most, ++running)
          await new Promise((resolve) => setTimeout(resolve, Math.random() * 5))
          running--
          return bytes.toString()
        },
      },
    })
    const values: (string | null)[] = []
    for await (const record of consumer) if (values.push(record.value) === 20) break
    expect(values).toEqual(numbered(20))
    expect(most).toBe(20)
  })

  it.each([
    [
      'that throws',
      (bytes: Buffer) => {
        if (bytes.toString() === '0:3') throw new Error('three')
        return bytes.toString()
      },
    ],
    [
      'that rejects',
      async (bytes: Buffer) => {
        if (bytes.toString() === '0:3') throw new Error('three')
        return bytes.toString()
      },
    ],
  ] as const)('%s: the read rejects with the raw record, the position stays, and seek goes past it', async (_, valueDeserializer) => {
    const rig = await filled(6)
    const consumer = rig.consumer<Buffer, string>({ valueDeserializer })
    const values: unknown[] = []
    for (let i = 0; i < 2; i++) {
      const loop = async () => {
        for await (const record of consumer) values.push(record.value)
      }
      const error = await loop().catch((reason) => reason)
      expect(error).toMatchObject({
        name: 'DeserializationError',
        code: 'DESERIALIZATION_FAILED',
        ...tp(),
        offset: 3,
        cause: { message: 'three' },
      })
      expect(error.rawValue).toEqual(Buffer.from('0:3'))
      expect(error.rawKey).toBeNull()
      expect(JSON.stringify(error)).not.toContain('rawValue')
    }
    expect(values).toEqual(numbered(3))
    expect(await consumer.position(tp())).toBe(3)
    consumer.seek(tp(), 4)
    for await (const record of consumer) if (values.push(record.value) === 5) break
    expect(values).toEqual([...numbered(3), '0:4', '0:5'])
  })

  it('that throw leave records out where that is wanted', async () => {
    const rig = await filled(6)
    const refuse = (bytes: Buffer) => {
      if (/[135]/.test(bytes.toString().slice(2))) throw new Error('odd')
      return bytes.toString()
    }
    const skipping = rig.loose<Buffer, string>({ topics: ['orders'], valueDeserializer: refuse, onDeserializationError: 'skip' })
    const values: unknown[] = []
    for await (const record of skipping) if (values.push(record.value) === 3) break
    expect(values).toEqual(['0:0', '0:2', '0:4'])
    const dead: number[] = []
    const deciding = rig.loose<Buffer, string>({
      topics: ['orders'],
      valueDeserializer: refuse,
      onDeserializationError: async (error) => {
        dead.push(error.offset)
        return error.offset < 5 ? 'skip' : 'fail'
      },
    })
    await expect(
      (async () => {
        for await (const _ of deciding);
      })(),
    ).rejects.toMatchObject({ offset: 5 })
    expect(dead).toEqual([1, 3, 5])
  })

  it('are closed with the consumer', async () => {
    const rig = await filled()
    const close = vi.fn(async () => {})
    const both = { deserialize: (bytes: Buffer) => bytes.toString(), close }
    const consumer = rig.consumer<string, string>({ keyDeserializer: both, valueDeserializer: both })
    await consumer.close()
    expect(close).toHaveBeenCalledTimes(1)
    expect(stringDeserializer()(Buffer.from('é'), undefined as never)).toBe('é')
  })
})
