import { KafkaError } from '@k/protocol'
import type { ClusterState } from './cluster-state.ts'
import { wordsOf } from './config-definition.ts'
import { readBatchHeader } from './log/batch-header.ts'
import { TRANSACTIONAL } from './log/batch-layout.ts'
import { compact } from './log/compaction.ts'
import { applyRetention } from './log/retention.ts'
import type { StoredBatch } from './log/stored-batch.ts'
import type { Partition } from './partition.ts'
import type { FakeTopicPartition, TopicControl } from './topic-control.ts'

/** What a test does to logs and their replicas, behind the methods of `FakeCluster`, which say what each of them is for. */
export class LogControl {
  readonly #state: ClusterState
  readonly #topics: TopicControl

  constructor(state: ClusterState, topics: TopicControl) {
    this.#state = state
    this.#topics = topics
  }

  truncate(which: FakeTopicPartition, offset: number): void {
    const partition = this.#topics.partition(which)
    this.#checkOffset(which, partition, offset, partition.log.endOffset)
    partition.truncate(offset)
    this.#state.changed()
  }

  deleteRecords(which: FakeTopicPartition, beforeOffset: number): void {
    const partition = this.#topics.partition(which)
    this.#checkOffset(which, partition, beforeOffset, partition.log.highWatermark)
    partition.log.advanceStart(beforeOffset)
    partition.notify()
    this.#state.changed()
  }

  lagReplica(which: FakeTopicPartition, brokerId: number): void {
    this.#follower(which, brokerId).lagReplica(brokerId)
    this.#state.changed()
  }

  catchUpReplica(which: FakeTopicPartition, brokerId: number): void {
    const partition = this.#follower(which, brokerId)
    partition.catchUpReplica(brokerId)
    if (!partition.isr.includes(brokerId)) partition.isr = [...partition.isr, brokerId]
    this.#state.changed()
  }

  shrinkIsr(which: FakeTopicPartition, brokerId: number): void {
    const partition = this.#follower(which, brokerId)
    partition.lagReplica(brokerId)
    partition.isr = partition.isr.filter((id) => id !== brokerId)
    partition.notify()
    this.#state.changed()
  }

  applyRetention(name: string): void {
    const { configs, partitions } = this.#topics.topic(name)
    if (!wordsOf(configs.string('cleanup.policy')).includes('delete')) throw wrongPolicy(name, 'delete')
    const rules = { retentionMs: configs.number('retention.ms'), retentionBytes: configs.number('retention.bytes') }
    for (const partition of partitions) {
      applyRetention(partition.log, rules, this.#state.options.clock.now())
      partition.notify()
    }
    this.#state.changed()
  }

  compact(name: string): void {
    const { configs, partitions } = this.#topics.topic(name)
    if (!wordsOf(configs.string('cleanup.policy')).includes('compact')) throw wrongPolicy(name, 'compact')
    const { clock, compression } = this.#state.options
    for (const partition of partitions) {
      compact(partition.log, {
        compression,
        now: clock.now(),
        deleteRetentionMs: configs.number('delete.retention.ms'),
        minLagMs: configs.number('min.compaction.lag.ms'),
        end: partition.lastStableOffset,
        isAborted: (batch) => isAborted(partition, batch),
      })
    }
    this.#state.changed()
  }

  #follower(which: FakeTopicPartition, brokerId: number): Partition {
    const partition = this.#topics.partition(which)
    const { replicas, leader } = partition
    if (replicas.includes(brokerId) && brokerId !== leader && this.#state.brokers.get(brokerId)?.isAlive) return partition
    throw new KafkaError(
      'INVALID_ARGUMENT',
      `broker ${brokerId} must be up and follow the leader of ${which.topic}-${which.partition}: its replicas are on ${replicas.join(', ')}, broker ${leader} leads`,
    )
  }

  #checkOffset({ topic, partition }: FakeTopicPartition, { log }: Partition, offset: number, end: number): void {
    if (Number.isInteger(offset) && offset >= log.startOffset && offset <= end) return
    throw new KafkaError('INVALID_ARGUMENT', `the offset in ${topic}-${partition} must be from ${log.startOffset} to ${end}, not ${offset}`)
  }
}

function isAborted(partition: Partition, { bytes, baseOffset, lastOffset }: StoredBatch): boolean {
  const { producerId, attributes } = readBatchHeader(bytes)
  if ((attributes & TRANSACTIONAL) === 0) return false
  return partition.abortedTransactions(baseOffset, lastOffset + 1).some((each) => each.producerId === producerId)
}

function wrongPolicy(topic: string, policy: string): KafkaError {
  return new KafkaError('INVALID_ARGUMENT', `the config cleanup.policy of ${topic} must have ${policy} in it`)
}
