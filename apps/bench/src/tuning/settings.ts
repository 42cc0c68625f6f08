import type { Bytes, ProducerSettings } from '@k/producer'

/** What a worker does, and by which options. */
export interface TuningTask {
  /** Arrays of 1,000 with five calls in flight, so many concurrent awaited sends, `enqueue`, `enqueue` once in a turn of the event loop, or once in a ms. */
  readonly way: 'arrays' | 'sends' | 'enqueue' | 'turns' | 'paced'
  /** How many sends are awaited side by side. */
  readonly senders?: number
  /** Random bytes of 100, or orders in JSON of 1,000. */
  readonly values?: 'random' | 'json'
  readonly total: number
  readonly compression?: 'gzip' | 'snappy' | 'lz4' | 'zstd'
  readonly options?: Pick<ProducerSettings<Bytes, Bytes>, 'acks' | 'batchSize' | 'lingerMs' | 'maxInFlightRequestsPerConnection'>
}

/** One question, and the settings that are compared for it. The first is what the others are measured by. */
export interface Comparison {
  readonly title: string
  readonly tasks: Readonly<Record<string, TuningTask>>
}

const MANY = 300_000

/** What docs/tuning.md tells. */
export const comparisons: readonly Comparison[] = [
  {
    title: 'ways to send, 100 random bytes',
    tasks: {
      'arrays of 1,000, five in flight': { way: 'arrays', total: MANY },
      enqueue: { way: 'enqueue', total: MANY },
      '1,000 concurrent sends': { way: 'sends', senders: 1000, total: MANY },
      '100 concurrent sends': { way: 'sends', senders: 100, total: 100_000 },
      '10 concurrent sends': { way: 'sends', senders: 10, total: 20_000 },
      'one send after another': { way: 'sends', senders: 1, total: 3000 },
    },
  },
  {
    title: 'lingerMs, 100 concurrent sends',
    tasks: Object.fromEntries(
      [0, 5, 20].map((lingerMs) => [lingerMs, { way: 'sends', senders: 100, total: 20_000, options: { lingerMs } }]),
    ),
  },
  {
    title: 'lingerMs, enqueue once in a turn of the event loop',
    tasks: Object.fromEntries([0, 5, 20].map((lingerMs) => [lingerMs, { way: 'turns', total: 50_000, options: { lingerMs } }])),
  },
  {
    title: 'lingerMs, enqueue once in a millisecond',
    tasks: Object.fromEntries([0, 5, 20].map((lingerMs) => [lingerMs, { way: 'paced', total: 2000, options: { lingerMs } }])),
  },
  {
    title: 'batchSize, arrays of 1,000',
    tasks: Object.fromEntries(
      [16, 1, 4, 64, 256].map((kib) => [`${kib} KiB`, { way: 'arrays', total: MANY, options: { batchSize: kib * 1024 } }]),
    ),
  },
  {
    title: 'compression, arrays of 1,000, JSON of 1,000 bytes',
    tasks: {
      none: { way: 'arrays', values: 'json', total: 100_000 },
      ...Object.fromEntries(
        (['gzip', 'snappy', 'lz4', 'zstd'] as const).map((compression) => [
          compression,
          { way: 'arrays', values: 'json', total: 100_000, compression },
        ]),
      ),
    },
  },
  {
    title: 'compression and batchSize of 64 KiB, likewise',
    tasks: {
      'zstd, 16 KiB': { way: 'arrays', values: 'json', total: 100_000, compression: 'zstd' },
      'zstd, 64 KiB': { way: 'arrays', values: 'json', total: 100_000, compression: 'zstd', options: { batchSize: 65_536 } },
      'lz4, 16 KiB': { way: 'arrays', values: 'json', total: 100_000, compression: 'lz4' },
      'lz4, 64 KiB': { way: 'arrays', values: 'json', total: 100_000, compression: 'lz4', options: { batchSize: 65_536 } },
    },
  },
  {
    title: 'acks, arrays of 1,000',
    tasks: {
      all: { way: 'arrays', total: MANY, options: { acks: 'all' } },
      'leader (1)': { way: 'arrays', total: MANY, options: { acks: 1 } },
      'nobody (0)': { way: 'arrays', total: MANY, options: { acks: 0 } },
    },
  },
  {
    title: 'acks, one send after another',
    tasks: {
      all: { way: 'sends', senders: 1, total: 3000, options: { acks: 'all' } },
      'leader (1)': { way: 'sends', senders: 1, total: 3000, options: { acks: 1 } },
      'nobody (0)': { way: 'sends', senders: 1, total: 3000, options: { acks: 0 } },
    },
  },
  {
    title: 'maxInFlightRequestsPerConnection, arrays of 1,000',
    tasks: Object.fromEntries(
      [5, 2, 1].map((requests) => [
        `at most ${requests}`,
        { way: 'arrays', total: MANY, options: { maxInFlightRequestsPerConnection: requests } },
      ]),
    ),
  },
]
