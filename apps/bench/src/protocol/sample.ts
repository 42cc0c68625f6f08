import { Fetch, Metadata, RecordBatchBuilder, type ResponseInputOf } from '@k/protocol'

/** What every client is handed to encode. */
export interface SampleRecord {
  readonly key: Buffer
  readonly value: Buffer
}

/** Records in a batch. */
export const RECORDS = 1000
const TIMESTAMP = 1_760_000_000_000
const BATCHES = 16

/** The timestamp of the record with this index in its batch. */
export function timestampOf(index: number): number {
  return TIMESTAMP + (index >> 4)
}

/** Batches of different records, so that no client sees the same bytes again and again. */
export function sampleBatches(): readonly (readonly SampleRecord[])[] {
  const record = (seed: number): SampleRecord => ({
    key: Buffer.from(String(seed * 7919).padStart(10, '0')),
    value: Buffer.alloc(100, `value ${seed} `),
  })
  return Array.from({ length: BATCHES }, (_, batch) => Array.from({ length: RECORDS }, (_, index) => record(batch * RECORDS + index)))
}

/** The same batches as bytes. */
export function sampleBytes(): readonly Buffer[] {
  return sampleBatches().map((records) => {
    const builder = new RecordBatchBuilder()
    for (const [index, { key, value }] of records.entries()) builder.append(timestampOf(index), key, value)
    return builder.close()
  })
}

const list = <T>(length: number, element: (index: number) => T): T[] => Array.from({ length }, (_, index) => element(index))
const uuidOf = (index: number) => Buffer.alloc(16, index + 1).toString('base64url')

/** A metadata response of 100 topics with 12 partitions each, in its latest version. */
export function metadataBytes(): Buffer {
  const response: ResponseInputOf<typeof Metadata> = {
    brokers: list(6, (nodeId) => ({ nodeId, host: `broker-${nodeId}.kafka.internal`, port: 9092, rack: `rack-${nodeId % 3}` })),
    clusterId: uuidOf(200),
    controllerId: 1,
    topics: list(100, (topic) => ({
      errorCode: 0,
      name: `orders-of-region-${topic}`,
      topicId: uuidOf(topic),
      isInternal: false,
      partitions: list(12, (partitionIndex) => ({
        errorCode: 0,
        partitionIndex,
        leaderId: partitionIndex % 6,
        leaderEpoch: 7,
        replicaNodes: list(3, (replica) => (partitionIndex + replica) % 6),
        isrNodes: list(3, (replica) => (partitionIndex + replica) % 6),
        offlineReplicas: [],
      })),
    })),
  }
  return Metadata.response.encode(Metadata.versions.max, response)
}

/** A fetch response of 10 topics with 10 partitions each, in its latest version, with 1 KB of records in each. */
export function fetchBytes(): Buffer {
  const records = Buffer.alloc(1024)
  const response: ResponseInputOf<typeof Fetch> = {
    sessionId: 1,
    responses: list(10, (topic) => ({
      topicId: uuidOf(topic),
      partitions: list(10, (partitionIndex) => ({
        partitionIndex,
        errorCode: 0,
        highWatermark: 1_000_000n,
        lastStableOffset: 1_000_000n,
        logStartOffset: 0n,
        abortedTransactions: null,
        records,
      })),
    })),
  }
  return Fetch.response.encode(Fetch.versions.max, response)
}
