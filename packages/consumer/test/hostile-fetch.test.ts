import { crc32c, Fetch, type FetchResponse, ListOffsets, OffsetFetch, type OffsetFetchResponse } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import type { Consumer } from '../src/index.ts'
import { batchOf, numbers } from './support/batches.ts'
import { follow, Log, numbered, Rig, take } from './support/rig.ts'

type Partition = FetchResponse['responses'][number]['partitions'][number]

interface Hostile {
  readonly rig: Rig
  /** Changes what is answered of each partition. */
  partitions(change: (partition: Partition) => Partial<Partition>): void
}

async function hostile(count = 10, partitions = 1, brokers = 1): Promise<Hostile> {
  const rig = await Rig.start({ topics: { orders: { numPartitions: partitions, replicationFactor: brokers } }, brokers })
  for (let partition = 0; partition < partitions; partition++) await rig.writer.writeMany('orders', partition, count)
  return {
    rig,
    partitions(change) {
      rig.kafka.on(Fetch).answer((response) => ({
        ...response,
        responses: response.responses.map((topic) => ({
          ...topic,
          partitions: topic.partitions.map((partition) => ({ ...partition, ...change(partition) })),
        })),
      }))
    },
  }
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** What a read is rejected with. */
async function failureOf(consumer: Consumer): Promise<unknown> {
  try {
    await take(consumer, 1)
  } catch (error) {
    return error
  }
  throw new Error('the read did not fail')
}

/** How many fetches there are in a while. */
async function fetchesIn(rig: Rig, ms: number): Promise<number> {
  rig.kafka.requests.clear()
  await wait(ms)
  return rig.kafka.requests.list(Fetch).length
}

describe('a broker that answers fetches with lies', () => {
  it('hands out each record once where a partition is answered twice', async () => {
    const { rig } = await hostile()
    rig.kafka.on(Fetch).answer((response) => ({
      ...response,
      responses: response.responses.flatMap((topic) => [{ ...topic, partitions: [...topic.partitions, ...topic.partitions] }, topic]),
    }))
    const reading = follow(rig.consumer())
    await rig.kafka.until(() => reading.values.length >= 10)
    await wait(100)
    expect(reading.values).toEqual(numbered(10))
  })

  it('passes over partitions and topics that were not asked for', async () => {
    const { rig } = await hostile()
    rig.kafka.on(Fetch).answer((response) => ({
      ...response,
      responses: [
        { topic: 'others', topicId: 'AAAAAAAAAAAAAAAAAAAAFg', partitions: response.responses[0]?.partitions ?? [] },
        ...response.responses.map((topic) => ({
          ...topic,
          partitions: [
            { ...topic.partitions[0]!, partitionIndex: 7 },
            { ...topic.partitions[0]!, partitionIndex: -1 },
            ...topic.partitions,
          ],
        })),
      ],
    }))
    const reading = follow(rig.consumer())
    await rig.kafka.until(() => reading.values.length >= 10)
    expect(reading.values).toEqual(numbered(10))
  })

  it('asks at a bounded rate where the topic is answered under an id that nobody knows, and goes on when that ends', async () => {
    const { rig } = await hostile()
    rig.kafka.on(Fetch).answer((response) => ({
      ...response,
      responses: response.responses.map((topic) => ({ ...topic, topicId: 'AAAAAAAAAAAAAAAAAAAAFg' })),
    }))
    const reading = follow(rig.consumer())
    await rig.kafka.sawRequest(Fetch)
    expect(await fetchesIn(rig, 400)).toBeLessThan(25)
    rig.kafka.clearFaults()
    await rig.kafka.until(() => reading.values.length === 10)
  })

  for (const [what, damage] of [
    ['lies wholly below the position', () => batchOf(numbers(0, 3))],
    ['is cut off', (records: Buffer) => records.subarray(0, records.length - 1)],
  ] as const) {
    it(`asks at a bounded rate for a batch that ${what}, time and again`, async () => {
      const { rig, partitions } = await hostile()
      partitions(({ records }) => (records === null || records.length === 0 ? {} : { records: damage(records) }))
      const consumer = rig.loose()
      consumer.assign([{ topic: 'orders', partition: 0 }])
      consumer.seek({ topic: 'orders', partition: 0 }, 5)
      const reading = follow(consumer)
      await rig.kafka.sawRequest(Fetch)
      expect(await fetchesIn(rig, 400)).toBeLessThan(25)
      expect(reading.values).toEqual([])
      rig.kafka.clearFaults()
      await rig.kafka.until(() => reading.values.length === 5)
      expect(reading.values[0]).toBe('0:5')
    })
  }

  it('fails the read, saying where, for a batch whose last offset is before its first', async () => {
    const { rig, partitions } = await hostile()
    const lying = batchOf(numbers(0, 10), { baseOffset: 0 })
    lying.writeInt32BE(-1, 23)
    lying.writeUInt32BE(crc32c(lying.subarray(21)) >>> 0, 17)
    partitions(({ records }) => (records === null || records.length === 0 ? {} : { records: lying }))
    expect(await failureOf(rig.consumer())).toMatchObject({ topic: 'orders', partition: 0, offset: 0 })
  })

  for (const [what, damage] of [
    ['whose last offset lies', (records: Buffer) => records.writeInt32BE(-5, 23)],
    ['that holds fewer records than it says', (records: Buffer) => records.writeInt32BE(2_000_000_000, 57)],
    ['that says to hold a negative number of records', (records: Buffer) => records.writeInt32BE(-3, 57)],
    ['of an unknown format', (records: Buffer) => records.writeInt8(9, 16)],
    ['of a negative length', (records: Buffer) => records.writeInt32BE(-9, 8)],
  ] as const) {
    for (const checkCrcs of [true, false]) {
      it(`fails the read with topic, partition and offset for a batch ${what}, checked by crc: ${checkCrcs}`, async () => {
        const { rig, partitions } = await hostile()
        partitions(({ records }) => {
          if (records === null || records.length === 0) return {}
          const damaged = Buffer.from(records)
          damage(damaged)
          return { records: damaged }
        })
        const consumer = rig.consumer({ checkCrcs })
        expect(await failureOf(consumer)).toMatchObject({ topic: 'orders', partition: 0, offset: 0 })
        rig.kafka.clearFaults()
        expect(await take(consumer, 10)).toEqual(numbered(10))
      })
    }
  }

  it('fails the read where a batch is beyond the numbers that are exact', async () => {
    const { rig, partitions } = await hostile()
    partitions(({ records }) => {
      if (records === null || records.length === 0) return {}
      const moved = Buffer.from(records)
      moved.writeBigInt64BE(2n ** 62n, 0)
      return { records: moved }
    })
    expect(await failureOf(rig.consumer())).toMatchObject({ code: 'OFFSET_TOO_LARGE', topic: 'orders', partition: 0 })
  })

  it('never hands out an offset twice where batches overlap or come backwards', async () => {
    const { rig, partitions } = await hostile()
    const bytes = Buffer.concat([batchOf(numbers(0, 5)), batchOf(numbers(3, 8)), batchOf(numbers(1, 4)), batchOf(numbers(8, 10))])
    partitions(({ records }) => (records === null || records.length === 0 ? {} : { records: bytes }))
    const reading = follow(rig.consumer())
    await rig.kafka.until(() => reading.values.length >= 10)
    await wait(50)
    expect(reading.values).toEqual(numbers(0, 10).map(String))
  })

  it('knows no lag where the high watermark is negative', async () => {
    const { rig, partitions } = await hostile()
    partitions(() => ({ highWatermark: -5n, lastStableOffset: -7n, logStartOffset: -2n }))
    const consumer = rig.consumer()
    expect(await take(consumer, 10)).toEqual(numbered(10))
    expect(consumer.lag({ topic: 'orders', partition: 0 })).toBeUndefined()
    expect(consumer.highWatermark({ topic: 'orders', partition: 0 })).toBeUndefined()
  })

  for (const errorCode of [-1, 3, 6, 9, 56, 74, 75, 78, 100, 103]) {
    it(`asks at a bounded rate while a partition is refused with ${errorCode}, and goes on when that ends`, async () => {
      const { rig, partitions } = await hostile()
      partitions(() => ({ errorCode, records: null }))
      const reading = follow(rig.consumer())
      await rig.kafka.sawRequest(Fetch)
      expect(await fetchesIn(rig, 400)).toBeLessThan(25)
      expect(reading.errors).toEqual([])
      rig.kafka.clearFaults()
      await rig.kafka.until(() => reading.values.length === 10)
    })
  }

  for (const errorCode of [2, 29, 17, 87, 555, -77]) {
    it(`fails the read when a partition is refused with ${errorCode}, and fetches no more than somebody reads`, async () => {
      const { rig, partitions } = await hostile()
      partitions(() => ({ errorCode, records: null }))
      const consumer = rig.consumer()
      expect(await failureOf(consumer)).toMatchObject({ topic: 'orders', partition: 0, offset: 0 })
      expect(await fetchesIn(rig, 200)).toBeLessThan(10)
      // A reader who reads on nevertheless is slowed down.
      rig.kafka.requests.clear()
      const end = Date.now() + 400
      while (Date.now() < end) await failureOf(consumer)
      expect(rig.kafka.requests.list(Fetch).length).toBeLessThan(25)
      rig.kafka.clearFaults()
    })
  }

  for (const errorCode of [-1, 70, 71, 106, 555]) {
    it(`asks at a bounded rate while whole fetches are refused with ${errorCode}, and goes on when that ends`, async () => {
      const { rig } = await hostile()
      rig.kafka.on(Fetch).answer((response) => ({ ...response, errorCode, responses: [] }))
      const reading = follow(rig.consumer())
      await rig.kafka.sawRequest(Fetch)
      expect(await fetchesIn(rig, 400)).toBeLessThan(25)
      rig.kafka.clearFaults()
      await rig.kafka.until(() => reading.values.length === 10)
    })
  }

  it('resets a position at a bounded rate where every offset is out of range', async () => {
    const { rig, partitions } = await hostile()
    partitions(() => ({ errorCode: 1, records: null }))
    const log = new Log()
    const reading = follow(rig.consumer({ logger: log }))
    await rig.kafka.sawRequest(Fetch)
    expect(await fetchesIn(rig, 400)).toBeLessThan(25)
    expect(log.of('warn').length).toBeLessThan(30)
    rig.kafka.clearFaults()
    await rig.kafka.until(() => reading.values.length === 10)
  })

  it('follows brokers that send it back and forth at a bounded rate', async () => {
    const { rig } = await hostile(10, 1, 2)
    let leaderEpoch = 100
    rig.kafka.on(Fetch).answer((response, _, { broker }) => ({
      ...response,
      responses: response.responses.map((topic) => ({
        ...topic,
        partitions: topic.partitions.map((partition) => ({
          ...partition,
          records: null,
          errorCode: 6,
          currentLeader: { leaderId: broker === 1 ? 2 : 1, leaderEpoch: leaderEpoch++ },
        })),
      })),
    }))
    follow(rig.consumer())
    await rig.kafka.sawRequest(Fetch)
    expect(await fetchesIn(rig, 400)).toBeLessThan(30)
  })

  it('survives hints of leaders that make no sense', async () => {
    const { rig } = await hostile()
    let turn = 0
    const nonsense = [
      { leaderId: -7, leaderEpoch: 5 },
      { leaderId: 99, leaderEpoch: -5 },
      { leaderId: 2_147_483_647, leaderEpoch: 3 },
    ]
    rig.kafka.on(Fetch).answer((response) => ({
      ...response,
      nodeEndpoints: [{ nodeId: 2_147_483_647, host: '', port: -1, rack: null }],
      responses: response.responses.map((topic) => ({
        ...topic,
        partitions: topic.partitions.map((partition) => ({
          ...partition,
          records: null,
          errorCode: 6,
          currentLeader: nonsense[turn++ % nonsense.length]!,
        })),
      })),
    }))
    const reading = follow(rig.consumer())
    await rig.kafka.until(() => turn > 5)
    rig.kafka.clearFaults()
    await rig.kafka.until(() => reading.values.length === 10)
    expect(reading.errors).toEqual([])
  })
})

describe('a coordinator that answers OffsetFetch with lies', () => {
  type Committed = OffsetFetchResponse['groups'][number]['topics'][number]['partitions'][number]
  const offsets = (rig: Rig, change: (partition: Committed) => Committed[]) =>
    rig.kafka.on(OffsetFetch).answer((response) => ({
      ...response,
      groups: response.groups.map((group) => ({
        ...group,
        topics: group.topics.map((topic) => ({ ...topic, partitions: topic.partitions.flatMap(change) })),
      })),
    }))

  async function committedAt5(): Promise<Hostile> {
    const one = await hostile()
    const first = one.rig.consumer()
    await take(first, 5)
    await first.close()
    return one
  }

  it('does not take a partition that was left out for one without a committed offset', async () => {
    const { rig } = await committedAt5()
    let asked = 0
    offsets(rig, () => {
      asked++
      return []
    })
    const reading = follow(rig.consumer())
    await rig.kafka.until(() => asked >= 3)
    expect(reading.values).toEqual([])
    rig.kafka.clearFaults()
    await rig.kafka.until(() => reading.values.length === 5)
    expect(reading.values[0]).toBe('0:5')
  })

  it('does not take an answer without the topic for one without a committed offset', async () => {
    const { rig } = await committedAt5()
    let asked = 0
    rig.kafka.on(OffsetFetch).answer((response) => {
      asked++
      return { ...response, groups: response.groups.map((group) => ({ ...group, topics: [] })) }
    })
    const reading = follow(rig.consumer())
    await rig.kafka.until(() => asked >= 3)
    rig.kafka.clearFaults()
    await rig.kafka.until(() => reading.values.length >= 1)
    expect(reading.values[0]).toBe('0:5')
  })

  it('fails the read where the committed offset is beyond the numbers that are exact', async () => {
    const { rig } = await committedAt5()
    offsets(rig, (partition) => [{ ...partition, committedOffset: 2n ** 60n }])
    expect(await failureOf(rig.consumer())).toMatchObject({ code: 'OFFSET_TOO_LARGE' })
  })

  it('begins where the policy says for negative offsets, and passes over what was not asked for', async () => {
    const { rig } = await committedAt5()
    offsets(rig, (partition) => [
      { ...partition, partitionIndex: 9 },
      { ...partition, committedOffset: -3n },
    ])
    const reading = follow(rig.consumer())
    await rig.kafka.until(() => reading.values.length === 10)
    expect(reading.values[0]).toBe('0:0')
  })

  for (const errorCode of [14, 15, 16, 88, 113, -1, 25, 29, 30, 3, 777]) {
    it(`asks at a bounded rate while the offsets are refused with ${errorCode}`, async () => {
      const { rig } = await committedAt5()
      let asked = 0
      rig.kafka.on(OffsetFetch).answer((response) => {
        asked++
        return { ...response, groups: response.groups.map((group) => ({ ...group, errorCode, topics: [] })) }
      })
      const reading = follow(rig.consumer())
      await rig.kafka.until(() => asked >= 1)
      await wait(300)
      expect(asked).toBeLessThan(25)
      rig.kafka.clearFaults()
      if (reading.errors.length > 0) expect(reading.errors[0]).toMatchObject({ topic: 'orders', partition: 0 })
      else await rig.kafka.until(() => reading.values[0] === '0:5')
    })
  }
})

describe('a leader that answers ListOffsets with lies', () => {
  for (const [what, change] of [
    ['negative offsets', { offset: -1n }],
    ['very negative offsets', { offset: -99n }],
    ['an error that heals', { errorCode: 78, offset: -1n }],
  ] as const) {
    it(`asks at a bounded rate for ${what}`, async () => {
      const { rig } = await hostile()
      let asked = 0
      rig.kafka.on(ListOffsets).answer((response) => {
        asked++
        return {
          ...response,
          topics: response.topics.map((topic) => ({ ...topic, partitions: topic.partitions.map((one) => ({ ...one, ...change })) })),
        }
      })
      const reading = follow(rig.consumer())
      await rig.kafka.until(() => asked >= 1)
      await wait(300)
      expect(asked).toBeLessThan(25)
      expect(reading.values).toEqual([])
      rig.kafka.clearFaults()
      await rig.kafka.until(() => reading.values.length === 10)
    })
  }
})
