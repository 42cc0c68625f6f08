import { crc32c, Fetch, Metadata } from '@k/protocol'
import type { BatchCodec } from './batch-codec.ts'
import { fetchBytes, metadataBytes, sampleBatches, sampleBytes } from './sample.ts'

/** Something that is done again and again, and measured. */
export type Task = () => unknown

// Each client is loaded only where it is measured.
const codecs: Readonly<Record<string, () => Promise<BatchCodec>>> = {
  '@k': async () => (await import('./ours.ts')).ours,
  kafkajs: async () => (await import('./kafkajs.ts')).kafkajs,
  '@platformatic/kafka': async () => (await import('./platformatic.ts')).platformatic,
}

/** The clients whose batches are compared. */
export const codecNames: readonly string[] = Object.keys(codecs)

/** A client's way with batches. */
export function codecOf(name: string): Promise<BatchCodec> {
  const load = codecs[name]
  if (load === undefined) throw new Error(`no client is called ${name}`)
  return load()
}

function inTurn<T>(all: readonly T[], call: (one: T) => unknown): Task {
  let next = 0
  return () => call(all[next++ % all.length] as T)
}

const CRC_BYTES = 128 * 1024

/** Makes the task of a figure for one of its clients. */
export async function taskOf(figure: string, client: string): Promise<Task> {
  switch (figure) {
    case 'encode': {
      const codec = await codecOf(client)
      return inTurn(sampleBatches().map(codec.encoderOf), (encode) => encode())
    }
    case 'decode': {
      const codec = await codecOf(client)
      return inTurn(sampleBytes(), (bytes) => codec.decode(bytes))
    }
    case 'metadata': {
      const bytes = metadataBytes()
      return () => Metadata.response.decode(Metadata.versions.max, bytes)
    }
    case 'fetch': {
      const bytes = fetchBytes()
      return () => Fetch.response.decode(Fetch.versions.max, bytes)
    }
    case 'crc': {
      const bytes = Buffer.alloc(CRC_BYTES, 'the bytes of a batch ')
      if (client === '@k') return () => crc32c(bytes)
      const { default: engine } = await import('crc-32/crc32c.js')
      return () => engine.buf(bytes)
    }
    default:
      throw new Error(`no figure is called ${figure}`)
  }
}
