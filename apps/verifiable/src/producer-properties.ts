import { gzip } from '@k/compression-gzip'
import { lz4 } from '@k/compression-lz4'
import { snappy } from '@k/compression-snappy'
import { zstd } from '@k/compression-zstd'
import type { Bytes, ClientOptions, ClusterOptions, Codec, ProducerSettings } from '@k/producer'
import { clientOptions, numberOptions } from './client-properties.ts'
import { UsageError } from './command-line.ts'

/** Properties of Kafka's producer that are a number and have the same name here, in camelCase. */
const numbers = `batch.size buffer.memory delivery.timeout.ms linger.ms max.block.ms max.in.flight.requests.per.connection max.request.size
  retries`.split(/\s+/)

const codecs: Readonly<Record<string, (() => Codec) | undefined>> = { none: undefined, gzip, snappy, lz4, zstd }

/** The options of a producer that a file of properties asks for. @throws UsageError for a value that makes no sense */
export function producerOptions(properties: ReadonlyMap<string, string>): ProducerSettings<Bytes, Bytes> & ClientOptions & ClusterOptions {
  const acks = acksOf(properties.get('acks'))
  const idempotence = properties.get('enable.idempotence')
  const compression = codecOf(properties.get('compression.type') ?? 'none')
  return {
    ...clientOptions(properties),
    ...numberOptions(properties, numbers),
    ...(acks === undefined ? {} : { acks }),
    ...(idempotence === undefined ? {} : { enableIdempotence: idempotence.trim() === 'true' }),
    ...(compression === undefined ? {} : { compression }),
  }
}

function acksOf(text: string | undefined): 0 | 1 | 'all' | undefined {
  if (text === undefined) return undefined
  if (text === 'all' || text === '-1') return 'all'
  if (text === '0' || text === '1') return text === '0' ? 0 : 1
  throw new UsageError(`acks must be 0, 1, -1 or all, not '${text}'`)
}

function codecOf(type: string): Codec | undefined {
  if (!Object.hasOwn(codecs, type)) throw new UsageError(`compression.type must be one of ${Object.keys(codecs).join(', ')}, not '${type}'`)
  return codecs[type]?.()
}
