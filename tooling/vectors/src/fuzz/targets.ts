import {
  Codecs,
  decodeAssignment,
  decodeGroupRecord,
  decodeRequest,
  decodeResponse,
  decodeSubscription,
  decodeTransactionRecord,
  peekCorrelationId,
  peekRequest,
  readControlType,
  recordBatches,
} from '@k/protocol'
import { allCodecs } from '../codecs.ts'
import { messages as allMessages, apiOf, messageOf } from '../declared.ts'
import { internalRecords, sampleBytes, splitRecord } from './samples.ts'
import type { FuzzSeeds } from './seeds.ts'

/** A decoder, and good bytes for it. */
export interface Target {
  readonly name: string
  readonly seeds: readonly Buffer[]
  /** Decodes, and returns what came out as far as its size is to be bounded. */
  decode(bytes: Buffer): unknown | Promise<unknown>
}

const MAX_DECOMPRESSED = 1024 * 1024
const codecs = new Codecs(allCodecs)

async function readBatches(bytes: Buffer): Promise<void> {
  for (const batch of recordBatches(bytes)) {
    batch.isValid()
    // Read even where the checksum is wrong: it is no proof against malice.
    const reader = await batch.records(codecs, MAX_DECOMPRESSED)
    while (reader.next()) {
      reader.headers()
      reader.value()
      const key = reader.key()
      if (batch.isControl) readControlType(key)
    }
  }
}

/** Messages of which the Java client's bytes are not at hand. */
function otherMessageTargets({ messages }: FuzzSeeds): Target[] {
  return allMessages
    .filter(({ name }) => !messages.has(name))
    .flatMap((message) => {
      const { min, max } = message.versions
      const versions = Array.from({ length: max - min + 1 }, (_, i) => min + i)
      return versions.map((version) => ({
        name: `${message.name} version ${version}`,
        seeds: [sampleBytes(message, version)],
        decode: (bytes: Buffer) => message.decode(version, bytes),
      }))
    })
}

const internalTopics: Target[] = [
  { name: 'record of __consumer_offsets', seeds: internalRecords(decodeGroupRecord), decode: (b) => decodeGroupRecord(...splitRecord(b)) },
  {
    name: 'record of __transaction_state',
    seeds: internalRecords(decodeTransactionRecord),
    decode: (b) => decodeTransactionRecord(...splitRecord(b)),
  },
]

function messageTargets({ messages }: FuzzSeeds): Target[] {
  return [...messages].flatMap(([name, byVersion]) => {
    const message = messageOf(name)
    return [...byVersion].map(([version, seeds]) => ({
      name: `${name} version ${version}`,
      seeds,
      decode: (bytes: Buffer) => message.decode(version, bytes),
    }))
  })
}

function frameTargets({ frames }: FuzzSeeds): Target[] {
  return frames.flatMap(({ api: name, version, request, response }) => {
    const api = apiOf(name)
    return [
      {
        name: `request frame of ${name} version ${version}`,
        seeds: [request],
        decode: (bytes: Buffer) => [peekRequest(bytes), decodeRequest(api, version, bytes)],
      },
      {
        name: `response frame of ${name} version ${version}`,
        seeds: [response],
        decode: (bytes: Buffer) => [peekCorrelationId(bytes), decodeResponse(api, version, bytes)],
      },
    ]
  })
}

/** Every decoder that reads bytes of a socket, in groups that get as many inputs each. */
export function targetsOf(seeds: FuzzSeeds): Target[][] {
  return [
    messageTargets(seeds),
    frameTargets(seeds),
    otherMessageTargets(seeds),
    internalTopics,
    [
      { name: 'subscription', seeds: seeds.subscriptions, decode: decodeSubscription },
      { name: 'assignment', seeds: seeds.assignments, decode: decodeAssignment },
    ],
    [
      { name: 'record batches', seeds: seeds.records, decode: readBatches },
      { name: 'message sets', seeds: seeds.legacyRecords, decode: readBatches },
    ],
  ]
}
