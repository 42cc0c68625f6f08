import { Cluster } from '@k/network'
import { AddOffsetsToTxn, AddPartitionsToTxn, EndTxn, InitProducerId, Produce, RecordBatchBuilder, TxnOffsetCommit } from '@k/protocol'
import type { FakeCluster } from '@k/testing'

/** Writes transactions request by request, with no producer in between. */
export class TransactionWriter {
  readonly #transactionalId: string
  readonly #cluster: Cluster
  readonly #sequences = new Map<string, number>()
  #identity = { producerId: -1n, producerEpoch: -1 }

  constructor(kafka: FakeCluster, transactionalId: string) {
    this.#transactionalId = transactionalId
    this.#cluster = new Cluster({ bootstrapServers: kafka.bootstrapServers, transport: kafka.transport, logger: null })
  }

  get #coordinator() {
    return { to: { coordinatorOf: { transactionalId: this.#transactionalId } } }
  }

  async begin(): Promise<void> {
    const body = { transactionalId: this.#transactionalId, transactionTimeoutMs: 60_000 }
    const { producerId, producerEpoch } = await this.#cluster.request(InitProducerId, body, this.#coordinator)
    this.#identity = { producerId, producerEpoch }
    this.#sequences.clear()
  }

  async write(topic: string, partition: number, ...values: string[]): Promise<void> {
    const { producerId, producerEpoch } = this.#identity
    await this.#cluster.request(
      AddPartitionsToTxn,
      {
        v3AndBelowTransactionalId: this.#transactionalId,
        v3AndBelowProducerId: producerId,
        v3AndBelowProducerEpoch: producerEpoch,
        v3AndBelowTopics: [{ name: topic, partitions: [partition] }],
      },
      { ...this.#coordinator, maxVersion: 3 },
    )
    const where = `${topic}-${partition}`
    const baseSequence = this.#sequences.get(where) ?? 0
    this.#sequences.set(where, baseSequence + values.length)
    const builder = new RecordBatchBuilder()
    for (const value of values) builder.append(1_700_000_000_000, null, value)
    const records = builder.close({ producerId, producerEpoch, baseSequence, isTransactional: true })
    await this.#cluster.refresh([topic])
    const topicData = [{ name: topic, partitionData: [{ index: partition, records }] }]
    const { responses } = await this.#cluster.request(
      Produce,
      { transactionalId: this.#transactionalId, acks: -1, timeoutMs: 1_000, topicData },
      { to: { leaderOf: { topic, partition } }, maxVersion: 11 },
    )
    const errorCode = responses[0]?.partitionResponses[0]?.errorCode
    if (errorCode !== 0) throw new Error(`writing to ${where} was answered with ${errorCode}`)
  }

  async commitOffset(groupId: string, topic: string, partition: number, offset: number): Promise<void> {
    const body = { transactionalId: this.#transactionalId, ...this.#identity, groupId }
    await this.#cluster.request(AddOffsetsToTxn, body, this.#coordinator)
    const partitions = [{ partitionIndex: partition, committedOffset: BigInt(offset), committedMetadata: '' }]
    await this.#cluster.request(
      TxnOffsetCommit,
      { ...body, topics: [{ name: topic, partitions }] },
      { to: { coordinatorOf: { group: groupId } }, maxVersion: 4 },
    )
  }

  async end(committed: boolean): Promise<void> {
    const body = { transactionalId: this.#transactionalId, ...this.#identity, committed }
    const { errorCode } = await this.#cluster.request(EndTxn, body, { ...this.#coordinator, maxVersion: 4 })
    if (errorCode !== 0) throw new Error(`ending the transaction was answered with ${errorCode}`)
  }

  async close(): Promise<void> {
    await this.#cluster.close()
  }
}
