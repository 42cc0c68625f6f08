import { KafkaError } from '@k/protocol'

/** As whom a consumer is known to its group: what `consumer.groupMetadata()` gives (KIP-447). */
export interface GroupMetadata {
  /** The group whose offsets are committed. */
  readonly groupId: string
  /** -1 where nobody is a member. */
  readonly generationId: number
  /** Empty where nobody is a member. */
  readonly memberId: string
  /** Of a static member (KIP-345). */
  readonly groupInstanceId?: string | undefined
  /** Whether that consumer commits by itself: a transaction refuses its offsets then. */
  readonly enableAutoCommit?: boolean | undefined
}

/** An offset of a partition: the next record to read, which is one more than the last that was processed. */
export interface TopicPartitionOffset {
  /** The name of the topic. */
  readonly topic: string
  /** From 0. */
  readonly partition: number
  /** The offset of the next record to read, from 0. */
  readonly offset: number
  /** Any text that the broker keeps with a committed offset. */
  readonly metadata?: string | undefined
  /** The epoch of the leader that wrote the record before it (KIP-320). */
  readonly leaderEpoch?: number | undefined
  /** A record is no offset: hand in `consumer.processedOffsets()`, or `record.offset + 1`. */
  readonly value?: never
}

/** @throws KafkaError with `INVALID_ARGUMENT` */
export function checkOffsets(offsets: readonly TopicPartitionOffset[], group: GroupMetadata): void {
  const { groupId, memberId, generationId, enableAutoCommit } = Object(group)
  if (!isName(groupId) || typeof memberId !== 'string' || !Number.isInteger(generationId)) {
    refuse('takes consumer.groupMetadata(), with memberId and generationId')
  }
  if (enableAutoCommit === true) refuse('takes offsets of a consumer with enableAutoCommit: false')
  if (!Array.isArray(offsets)) refuseOffsets(typeof offsets)
  for (const one of Array.from(offsets, Object)) {
    const { topic, partition, offset } = one
    if ('value' in one) refuseOffsets('a record')
    if (!isName(topic) || !isWhole(partition) || !isWhole(offset)) refuseOffsets(`{ ${topic}, ${partition}, ${offset} }`)
  }
}

function isName(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}

function isWhole(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function refuseOffsets(got: string): never {
  refuse(`takes an array of { topic, partition, offset }, as consumer.processedOffsets() gives it, not ${got}`)
}

function refuse(why: string): never {
  throw new KafkaError('INVALID_ARGUMENT', `sendOffsets() ${why}`)
}
