import { gzip } from '@k/compression-gzip'
import { Cluster, ConfigError, Producer } from '@k/producer'
import { describe, expect, it } from 'vitest'
import { resolveSettings } from '../src/options.ts'

const client = { requestTimeoutMs: 30_000 }

describe('options of a producer', () => {
  it('have the defaults of the Java client, lingerMs excepted', () => {
    const settings = resolveSettings({}, client)
    expect(settings).toMatchObject({
      acks: -1,
      batchSize: 16_384,
      bufferMemory: 33_554_432,
      compression: [],
      interceptors: [],
      deliveryTimeoutMs: 120_000,
      enableIdempotence: true,
      lingerMs: 0,
      maxBlockMs: 60_000,
      maxInFlightRequestsPerConnection: 5,
      maxRequestSize: 1_048_576,
      metadataMaxIdleMs: 300_000,
      partitionerAdaptivePartitioning: true,
      partitionerAvailabilityTimeoutMs: 0,
      partitionerIgnoreKeys: false,
      retries: 2_147_483_647,
    })
    expect(Object.isFrozen(settings)).toBe(true)
  })

  it('are never written to', () => {
    const options = Object.freeze({ acks: 'all' as const, compression: gzip(), logger: null })
    expect(() => new Producer(options)).not.toThrow()
  })

  it('deliveryTimeoutMs grows with the time of one attempt where it is not given, and is refused where it is too short', () => {
    expect(resolveSettings({ lingerMs: 100 }, { requestTimeoutMs: 200_000 }).deliveryTimeoutMs).toBe(200_100)
    expect(() => resolveSettings({ deliveryTimeoutMs: 30_000, lingerMs: 1 }, client)).toThrow(
      'at least lingerMs + requestTimeoutMs (30001)',
    )
  })

  it('a batch is never larger than a request', () => {
    expect(resolveSettings({ batchSize: 5_000, maxRequestSize: 1_000 }, client).batchSize).toBe(1_000)
  })

  it.each([
    [{ acks: 1 }, false],
    [{ acks: 0 }, false],
    [{ acks: -1 }, true],
    [{ retries: 0 }, false],
    [{ retries: 1 }, true],
    [{ maxInFlightRequestsPerConnection: 6 }, false],
    [{ maxInFlightRequestsPerConnection: 5 }, true],
    [{ enableIdempotence: false }, false],
    [{ enableIdempotence: true }, true],
    [{ enableIdempotence: false, acks: 0 }, false],
  ] as const)('with %j idempotence is %s', (options, expected) => {
    expect(resolveSettings(options, client).enableIdempotence).toBe(expected)
  })

  it.each([
    [{ acks: 1 }, "needs acks 'all'"],
    [{ acks: 0 }, "needs acks 'all'"],
    [{ retries: 0 }, 'needs retries'],
    [{ maxInFlightRequestsPerConnection: 6 }, 'needs maxInFlightRequestsPerConnection of at most 5'],
  ] as const)('an explicit enableIdempotence together with %j is refused', (options, sentence) => {
    expect(() => new Producer({ ...options, enableIdempotence: true } as never)).toThrow(sentence)
  })

  it.each([
    ['acks', 2],
    ['acks', '1'],
    ['batchSize', -1],
    ['batchSize', 1.5],
    ['batchSize', 100_000_000],
    ['bufferMemory', 0],
    ['compression', 'gzip'],
    ['compression', gzip],
    ['deliveryTimeoutMs', Number.NaN],
    ['enableIdempotence', 1],
    ['interceptors', {}],
    ['interceptors', [{ onSend: true }]],
    ['interceptors', [null]],
    ['keySerializer', {}],
    ['valueSerializer', 'json'],
    ['lingerMs', -1],
    ['maxBlockMs', -1],
    ['maxBlockMs', '60000'],
    ['maxInFlightRequestsPerConnection', 0],
    ['maxRequestSize', 0],
    ['metadataMaxIdleMs', 0],
    ['partitioner', 'murmur2'],
    ['partitionerAdaptivePartitioning', 'yes'],
    ['partitionerAvailabilityTimeoutMs', -1],
    ['partitionerIgnoreKeys', 1],
    ['compression', [gzip(), 'zstd']],
    ['partitioner', {}],
    ['retries', -1],
    ['retries', 2 ** 31],
  ])('%s: %j is refused, by name', (option, value) => {
    let error: unknown
    try {
      new Producer({ [option]: value } as never)
    } catch (thrown) {
      error = thrown
    }
    expect(ConfigError.is(error)).toBe(true)
    expect(error).toMatchObject({ code: 'INVALID_OPTION', option })
    expect((error as Error).message).toContain(option)
  })

  it('a name that nobody knows is refused, with the nearest one', () => {
    expect(() => new Producer({ lingerMS: 5 } as never)).toThrow('did you mean "lingerMs"?')
    expect(() => new Producer({ 'linger.ms': 5 } as never)).toThrow('did you mean "lingerMs"?')
    expect(() => new Producer({ brokers: ['a:1'] } as never)).toThrow('did you mean "bootstrapServers"?')
    expect(() => new Producer({ groupId: 'a' } as never)).toThrow('groupId is not an option of Producer')
  })

  it('a cluster and the options of one exclude each other', async () => {
    const cluster = new Cluster()
    expect(() => new Producer({ cluster, bootstrapServers: 'a:1' } as never)).toThrow('cannot be given together with cluster')
    await cluster.close()
  })

  it.each(['partitionerAdaptivePartitioning', 'partitionerAvailabilityTimeoutMs', 'partitionerIgnoreKeys'])(
    "%s has no say over a function of one's own, and is refused together with it",
    (option) => {
      const value = option === 'partitionerAvailabilityTimeoutMs' ? 100 : true
      expect(() => new Producer({ partitioner: () => 0, [option]: value } as never)).toThrow(option)
    },
  )

  it('several codecs are kept in their order, and none are none', () => {
    const [first, second] = [gzip(), gzip({ level: 9 })]
    expect(resolveSettings({ compression: [first, second] }, client).compression).toEqual([first, second])
    expect(resolveSettings({ compression: [] }, client).compression).toEqual([])
  })

  it('a codec that was not called is recognised', () => {
    expect(() => new Producer({ compression: gzip as never })).toThrow('must be a codec such as gzip(); given was [Function')
  })
})
