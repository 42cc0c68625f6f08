import { ConfigError } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { Consumer, type ConsumerOptions, type ConsumerRecord } from '../src/index.ts'
import { follow, numbered, Rig, take } from './support/rig.ts'

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const tp = (partition = 0) => ({ topic: 'orders', partition })

async function filled(partitions = 1, count = 10): Promise<Rig> {
  const rig = await Rig.start({ topics: { orders: partitions } })
  for (let partition = 0; partition < partitions; partition++) await rig.writer.writeMany('orders', partition, count)
  return rig
}

describe('a deserializer that never ends', () => {
  const never = () => new Promise<never>(() => {})

  it('does not keep close from ending the loop', async () => {
    const rig = await filled()
    let asked = 0
    const consumer = rig.consumer({
      valueDeserializer: () => {
        asked++
        return never()
      },
    })
    const reading = follow(consumer as unknown as Consumer)
    await rig.kafka.until(() => asked > 0)
    await consumer.close({ timeoutMs: 500 })
    await reading.done
    expect(reading.errors).toEqual([])
  })

  it('does not keep a signal from ending the read', async () => {
    const rig = await filled()
    let asked = 0
    const consumer = rig.consumer({
      valueDeserializer: () => {
        asked++
        return never()
      },
    })
    const abort = new AbortController()
    const next = consumer.records({ signal: abort.signal }).next()
    const ended = expect(next).rejects.toThrow('enough')
    await rig.kafka.until(() => asked > 0)
    abort.abort(new Error('enough'))
    await ended
  })
})

describe('options of every wrong kind', () => {
  const numbers = [
    'autoCommitIntervalMs',
    'sessionTimeoutMs',
    'heartbeatIntervalMs',
    'maxPollIntervalMs',
    'drainTimeoutMs',
    'maxPollRecords',
    'fetchMinBytes',
    'fetchMaxWaitMs',
    'fetchMaxBytes',
    'maxPartitionFetchBytes',
    'maxDecompressedBytes',
    'requestTimeoutMs',
    'defaultApiTimeoutMs',
    'retryBackoffMs',
    'retryBackoffMaxMs',
    'reconnectBackoffMs',
    'metadataMaxAgeMs',
    'connectionsMaxIdleMs',
  ]
  const others = [
    'groupId',
    'topics',
    'groupInstanceId',
    'autoOffsetReset',
    'enableAutoCommit',
    'enableAutoOffsetStore',
    'checkCrcs',
    'allowAutoCreateTopics',
    'clientRack',
    'assignors',
    'codecs',
    'keyDeserializer',
    'valueDeserializer',
    'onDeserializationError',
    'bootstrapServers',
    'clientId',
    'transport',
    'cluster',
  ]
  const tries: [string, unknown][] = [
    ...numbers.flatMap((name) =>
      [Number.NaN, -1, '5', null, {}, 2 ** 53, Number.NEGATIVE_INFINITY].map((value): [string, unknown] => [name, value]),
    ),
    ...others.flatMap((name) => [5, Symbol('x'), null, [7]].map((value): [string, unknown] => [name, value])),
    ['listener', 5],
    ['listener', { onPartitionsRevoked: 7 }],
    ['topics', []],
    ['topics', ['']],
    ['topics', 'orders'],
    ['groupId', ''],
    ['groupInstanceId', ''],
    ['autoOffsetReset', 'newest'],
    ['assignors', []],
    ['maxPollRecords', 0],
    ['topic', 'orders'],
    ['fromBeginning', true],
  ]
  it('are refused with a sentence that names the option', () => {
    const accepted: string[] = []
    for (const [name, value] of tries) {
      try {
        new Consumer({ groupId: 'g', topics: ['orders'], logger: null, [name]: value } as unknown as ConsumerOptions)
        accepted.push(`${name}: ${String(value)}`)
      } catch (error) {
        expect(ConfigError.is(error), `${name}: ${String(value)} → ${error}`).toBe(true)
        expect((error as Error).message).toContain(name)
      }
    }
    expect(accepted).toEqual([])
    for (const options of [undefined, null, 5, 'x', []]) expect(() => new Consumer(options as never)).toThrow(ConfigError)
  })
})

describe('arguments of every wrong kind', () => {
  it('are refused by a KafkaError, never by an accident, and leave the consumer as it was', async () => {
    const rig = await filled()
    const consumer = rig.consumer()
    await take(consumer, 1)
    const wrong = [
      undefined,
      null,
      5,
      'orders',
      {},
      [null],
      [5],
      [{ topic: 'orders' }],
      [{ topic: 5, partition: 0 }],
      [{ ...tp(), partition: -1 }],
      [{ ...tp(), partition: 0.5 }],
    ]
    const any = consumer as unknown as Record<string, (...args: unknown[]) => unknown>
    const accidents: string[] = []
    const attempt = async (what: string, act: () => unknown) => {
      try {
        await act()
        accidents.push(`${what} was accepted`)
      } catch (error) {
        if (typeof (error as { code?: unknown }).code !== 'string') accidents.push(`${what}: ${error}`)
      }
    }
    for (const value of wrong) {
      const shown = JSON.stringify(value)
      for (const name of [
        'pause',
        'resume',
        'committed',
        'beginningOffsets',
        'endOffsets',
        'offsetsForTimes',
        'assign',
        'processed',
        'subscribe',
      ])
        await attempt(`${name}(${shown})`, () => any[name]!(value))
      if (value !== undefined)
        for (const name of ['commit', 'seekToBeginning', 'seekToEnd', 'seekToCommitted'])
          await attempt(`${name}(${shown})`, () => any[name]!(value))
      if (!Array.isArray(value))
        for (const name of ['position', 'highWatermark', 'lag']) await attempt(`${name}(${shown})`, () => any[name]!(value))
      await attempt(`seek(${shown})`, () => any.seek!(value, 0))
    }
    for (const offset of [undefined, null, -1, -2, 0.5, Number.NaN, 2 ** 53, '5', 5n, {}]) {
      await attempt(`seek(${String(offset)})`, () => any.seek!(tp(), offset))
      await attempt(`commit(${String(offset)})`, () => any.commit!([{ ...tp(), offset }]))
    }
    for (const timestamp of [undefined, -1, Number.NaN, new Date('nonsense'), '1', {}])
      await attempt(`offsetsForTimes(${String(timestamp)})`, () => any.offsetsForTimes!([{ ...tp(), timestamp }]))
    expect(accidents).toEqual([])
    expect((await take(consumer, 9)).at(-1)).toBe('0:9')
  })
})

describe('names that mean something to JavaScript', () => {
  for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'then', 'prototype', 'length']) {
    it(`are ordinary names of topics, groups, keys and headers: ${name}`, async () => {
      const rig = await Rig.start({ topics: { orders: 1 } })
      await rig.kafka.createTopic(name, { numPartitions: 2 })
      await rig.writer.write(name, 1, [{ key: name, value: name, headers: [[name, name]] }])
      const consumer = rig.loose({ groupId: name, topics: [name] })
      for await (const record of consumer) {
        expect(record.topic).toBe(name)
        expect(String(record.key)).toBe(name)
        expect(String(record.headers.get(name))).toBe(name)
        consumer.processed(record)
        break
      }
      await consumer.commit()
      expect(await consumer.committed([{ topic: name, partition: 1 }])).toMatchObject([{ topic: name, offset: 1 }])
      expect(consumer.assignment()).toHaveLength(2)
      await consumer.close()
      expect(({} as Record<string, unknown>)[1]).toBeUndefined()
    })
  }
})

/** Numbers that come again for the same seed. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

describe('members that come, go, break, throw, commit, abort and linger', () => {
  for (const seed of [1, 2, 3, 4]) {
    it(`skip nothing, and never commit what was not processed (seed ${seed})`, async () => {
      const random = seeded(seed)
      const count = 120
      const rig = await filled(3, count)
      const done = [new Set<number>(), new Set<number>(), new Set<number>()]
      const byName = seed % 2 === 0
      let violations = 0
      const check = () => {
        for (const { partition, offset } of rig.kafka.committed('g'))
          for (let below = 0; below < offset; below++) if (!done[partition]!.has(below)) violations++
      }
      const isDone = () => done.every((set) => set.size === count)
      const finish = ({ partition, offset }: ConsumerRecord) => done[partition]!.add(offset)
      const life = async () => {
        while (!isDone()) {
          const consumer = rig.consumer({
            autoCommitIntervalMs: 5,
            heartbeatIntervalMs: 5,
            drainTimeoutMs: 20,
            maxPollRecords: 7,
            maxPollIntervalMs: 60,
            enableAutoOffsetStore: !byName,
          })
          for (let loops = 0; loops < 4 && !isDone(); loops++) {
            const abort = new AbortController()
            const timer = setTimeout(() => abort.abort(new Error('enough')), 20 + random() * 120)
            try {
              for await (const record of consumer.records({ signal: abort.signal })) {
                const dice = random()
                if (dice < 0.02) await wait(random() * 90)
                if (dice > 0.98) throw new Error('a handler failed')
                if (dice > 0.96) break
                if (dice > 0.94) {
                  finish(record)
                  consumer.processed(record)
                  break
                }
                if (dice > 0.92) {
                  finish(record)
                  consumer.processed(record)
                  await consumer.commit().catch(() => {})
                }
                // The next is asked for when this one is done.
                finish(record)
                if (byName) consumer.processed(record)
              }
            } catch (error) {
              if (!['a handler failed', 'enough'].includes((error as Error).message)) throw error
            }
            clearTimeout(timer)
            check()
          }
          await consumer.close({ timeoutMs: 1_000 })
          check()
        }
      }
      await Promise.all([life(), life(), life()])
      expect(violations).toBe(0)
      for (const set of done) expect([...set].sort((a, b) => a - b)).toEqual(numbered(count, '').map(Number))
    }, 30_000)
  }
})
