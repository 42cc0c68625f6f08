import { Cluster } from '@k/network'
import { type BatchFields, type Bytes, type Codec, type Headers, Produce, RecordBatchBuilder } from '@k/protocol'
import type { FakeCluster } from '@k/testing'

/** A record to write. */
export interface Written {
  readonly key?: Bytes | null
  readonly value?: Bytes | null
  readonly timestamp?: number
  readonly headers?: Headers
}

/** Writes record batches as they are asked for, with no producer in between. */
export class Writer {
  readonly #cluster: Cluster

  constructor(kafka: FakeCluster) {
    this.#cluster = new Cluster({ bootstrapServers: kafka.bootstrapServers, transport: kafka.transport, logger: null })
  }

  /** One batch of records. */
  async write(topic: string, partition: number, records: readonly Written[], o: BatchFields & { codec?: Codec } = {}): Promise<void> {
    const builder = new RecordBatchBuilder()
    for (const { key = null, value = null, timestamp = 1_700_000_000_000, headers } of records)
      builder.append(timestamp, key, value, headers)
    await this.writeBytes(topic, partition, await builder.close(o))
  }

  /** `count` records whose values are `prefix` and a number from `first` on, in batches of `size`. */
  async writeMany(
    topic: string,
    partition: number,
    count: number,
    o: { prefix?: string; first?: number; size?: number } = {},
  ): Promise<void> {
    const { prefix = `${partition}:`, first = 0, size = 100 } = o
    for (let at = 0; at < count; at += size) {
      const records = Array.from({ length: Math.min(size, count - at) }, (_, i) => ({ value: `${prefix}${first + at + i}` }))
      await this.write(topic, partition, records)
    }
  }

  /** Bytes of batches. */
  async writeBytes(topic: string, partition: number, bytes: Uint8Array): Promise<void> {
    await this.#cluster.refresh([topic])
    const { topicId } = this.#cluster.topic(topic)!
    const response = await this.#cluster.request(
      Produce,
      { acks: -1, timeoutMs: 1_000, topicData: [{ name: topic, topicId, partitionData: [{ index: partition, records: bytes }] }] },
      { to: { leaderOf: { topic, partition } } },
    )
    const { errorCode } = response.responses[0]!.partitionResponses[0]!
    if (errorCode !== 0) throw new Error(`writing failed with error code ${errorCode}`)
  }

  close(): Promise<void> {
    return this.#cluster.close()
  }
}
