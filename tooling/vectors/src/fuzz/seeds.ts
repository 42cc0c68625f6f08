import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { kindOf } from '../kinds.ts'
import { vectorsOf } from '../vector-file.ts'

/** Good bytes for every decoder. */
export interface FuzzSeeds {
  /** Bodies by message and version. */
  readonly messages: ReadonlyMap<string, ReadonlyMap<number, Buffer[]>>
  /** Frames without their size. */
  readonly frames: readonly { readonly api: string; readonly version: number; readonly request: Buffer; readonly response: Buffer }[]
  readonly subscriptions: readonly Buffer[]
  readonly assignments: readonly Buffer[]
  readonly records: readonly Buffer[]
  readonly legacyRecords: readonly Buffer[]
}

interface AnyVector {
  readonly message: string
  readonly api: string
  readonly version: number
  readonly what: string
  readonly hex: string
  readonly base64: string
  readonly requestHex: string
  readonly responseHex: string
}

const SIZE_BYTES = 4
// Mutating more than this costs time and finds nothing new.
const LARGEST_SEED = 4096

const data = join(import.meta.dirname, '../../data')
const fromHex = (hex: string) => Buffer.from(hex, 'hex')
const small = (bytes: Buffer) => bytes.length <= LARGEST_SEED

function vectorsByKind(): Map<string, AnyVector[]> {
  const byKind = new Map<string, AnyVector[]>()
  for (const file of readdirSync(data)) byKind.set(kindOf(file) as string, vectorsOf(join(data, file)) as AnyVector[])
  return byKind
}

function messagesOf(vectors: readonly AnyVector[]): Map<string, Map<number, Buffer[]>> {
  const messages = new Map<string, Map<number, Buffer[]>>()
  for (const { message, version, hex } of vectors) {
    const byVersion = messages.get(message) ?? new Map<number, Buffer[]>()
    messages.set(message, byVersion)
    byVersion.set(version, [...(byVersion.get(version) ?? []), fromHex(hex)].filter(small))
  }
  return messages
}

/** The Java client's bytes, as what the fuzzer begins with. */
export function readSeeds(): FuzzSeeds {
  const byKind = vectorsByKind()
  const kind = (name: string) => [...(byKind.get(name) ?? []), ...(byKind.get(`${name}-old`) ?? [])]
  const blobs = (what: string) =>
    kind('consumer-protocol')
      .filter((vector) => vector.what === what)
      .map(({ hex }) => fromHex(hex))
  const batches = (name: string) =>
    kind(name)
      .map(({ base64 }) => Buffer.from(base64, 'base64'))
      .filter(small)
  return {
    messages: messagesOf([...kind('messages-requests'), ...kind('messages-responses'), ...kind('messages-data')]),
    frames: kind('frames').map(({ api, version, requestHex, responseHex }) => ({
      api,
      version,
      request: fromHex(requestHex).subarray(SIZE_BYTES),
      response: fromHex(responseHex).subarray(SIZE_BYTES),
    })),
    subscriptions: blobs('subscription'),
    assignments: blobs('assignment'),
    records: batches('records'),
    legacyRecords: batches('records-legacy'),
  }
}
