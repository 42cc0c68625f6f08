import type { BenchProducerOptions } from './bench-producer.ts'
import type { Values } from './samples.ts'
import type { ClientName, Mode, Result } from './task.ts'

/** Who is measured: `stream` is the other way of @platformatic/kafka, which makes batches. */
export type Contender = ClientName | 'java' | 'stream'

/** Something to measure, of us and of others, and how far we want to get. */
export interface Figure {
  readonly name: string
  readonly title: string
  readonly mode: Mode
  readonly values: Values
  readonly compression?: BenchProducerOptions['compression']
  /** Records of each run: fewer for those who are slow. The first is ours. */
  readonly totals: Readonly<Partial<Record<Contender, number>>>
  readonly measures: readonly Measure[]
}

/** One number of a figure. */
export interface Measure {
  readonly unit: string
  readonly of: (result: Result, total: number) => number
  /** The most that ours may be. */
  readonly most?: number
  /** The least that ours has to be. */
  readonly least?: number
  /** How many times as good as another ours has to be, at least. */
  readonly ahead?: Readonly<Partial<Record<Contender, number>>>
}

const CPU: Measure = { unit: 'CPU-s per million', of: ({ cpuSeconds }, total) => (cpuSeconds / total) * 1e6 }
const RATE: Measure = { unit: 'krec/s', of: ({ wallSeconds }, total) => total / wallSeconds / 1000 }
const RSS: Measure = { unit: 'MB peak RSS', of: ({ maxRssMb }) => maxRssMb }
const LATENCY: Measure = { unit: 'ms median', of: ({ latencyMs }) => latencyMs }
const CPU_OF_EACH: Measure = { unit: 'CPU-us a record', of: CPU.of }
const TRANSACTIONS: Measure = { unit: 'a second', of: ({ wallSeconds }, total) => total / wallSeconds }

const MILLION = 1_000_000

/** Figures of 1 KB of JSON in arrays. */
function json(name: string, compression: Figure['compression'], most: number, totals: Figure['totals']): Figure {
  return {
    name,
    title: `arrays of 1,000 records of 1 KB of JSON, ${compression ?? 'uncompressed'}`,
    mode: 'arrays',
    values: 'json',
    compression,
    totals,
    measures: [{ ...CPU, most, ahead: { '@platformatic/kafka': 1 } }, RATE],
  }
}

const WITHOUT_KAFKAJS = { '@k': 400_000, '@platformatic/kafka': 200_000 }

export const figures: readonly Figure[] = [
  {
    name: 'arrays',
    title: 'arrays of 1,000 records of 100 bytes, five calls in flight',
    mode: 'arrays',
    values: 'bytes',
    totals: { '@k': MILLION, kafkajs: 300_000, '@platformatic/kafka': 500_000, java: MILLION },
    measures: [{ ...CPU, most: 0.45, ahead: { kafkajs: 8, '@platformatic/kafka': 4, java: 2 } }, { ...RSS, most: 150 }, RATE],
  },
  {
    name: 'strings',
    title: 'the same with keys and values of text',
    mode: 'arrays',
    values: 'text',
    totals: { '@k': MILLION, kafkajs: 300_000, '@platformatic/kafka': 500_000 },
    measures: [{ ...CPU, most: 0.8, ahead: { kafkajs: 5, '@platformatic/kafka': 3 } }, RATE],
  },
  {
    name: 'awaits',
    title: '1,000 concurrent sends of one record, each awaited',
    mode: 'awaits',
    values: 'bytes',
    totals: { '@k': MILLION, kafkajs: 15_000, '@platformatic/kafka': 20_000, stream: 300_000 },
    measures: [{ ...CPU, most: 1.1, ahead: { kafkajs: 40, '@platformatic/kafka': 30, stream: 1.8 } }, RATE],
  },
  {
    name: 'enqueue',
    title: 'records enqueued one after the other, with a callback for the delivery of each',
    mode: 'pour',
    values: 'bytes',
    totals: { '@k': MILLION, java: MILLION },
    measures: [{ ...CPU, most: 0.6 }, RSS, RATE],
  },
  {
    name: 'one-by-one',
    title: 'one record at a time, awaited',
    mode: 'one by one',
    values: 'bytes',
    totals: { '@k': 10_000, kafkajs: 10_000, '@platformatic/kafka': 10_000 },
    measures: [
      { ...LATENCY, ahead: { kafkajs: 1, '@platformatic/kafka': 1 } },
      { ...CPU_OF_EACH, most: 55, ahead: { kafkajs: 1, '@platformatic/kafka': 1 } },
    ],
  },
  json('none', undefined, 1, { '@k': 400_000, kafkajs: 50_000, '@platformatic/kafka': 200_000 }),
  json('gzip', 'gzip', 9, { '@k': 100_000, kafkajs: 50_000, '@platformatic/kafka': 100_000 }),
  json('snappy', 'snappy', 3, WITHOUT_KAFKAJS),
  json('lz4', 'lz4', 3, WITHOUT_KAFKAJS),
  json('zstd', 'zstd', 3.5, WITHOUT_KAFKAJS),
  {
    name: 'transactions',
    title: 'transactions of 100 records with an offset',
    mode: 'transactions',
    values: 'bytes',
    totals: { '@k': 1000, kafkajs: 300, '@platformatic/kafka': 5 },
    measures: [
      { ...TRANSACTIONS, least: 300, ahead: { kafkajs: 1.3, '@platformatic/kafka': 1.3 } },
      { unit: 'CPU-ms each', of: ({ cpuSeconds }, total) => (cpuSeconds / total) * 1000 },
    ],
  },
]
