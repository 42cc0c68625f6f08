import { KafkaError } from '@k/protocol'

/** As whom a consumer is known to its group: what `consumer.groupMetadata()` gives (KIP-447). */
export interface GroupMetadata {
  readonly groupId: string
  /** -1 where nobody is a member. */
  readonly generationId: number
  /** Empty where nobody is a member. */
  readonly memberId: string
  readonly groupInstanceId?: string | undefined
  /** Whether that consumer commits by itself: a transaction refuses its offsets then. */
  readonly enableAutoCommit?: boolean | undefined
}

/** An offset of a partition: the next record to read, which is one more than the last that was processed. */
export interface TopicPartitionOffset {
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
export function checkGroupMetadata(group: GroupMetadata): void {
  if (typeof group !== 'object' || group === null || typeof group.groupId !== 'string' || group.groupId === '') {
    throw refused('takes the groupMetadata() of a consumer that has a groupId')
  }
  if (typeof group.memberId !== 'string' || !Number.isInteger(group.generationId)) {
    throw refused('takes the whole of groupMetadata(): memberId and generationId are missing')
  }
  if (group.enableAutoCommit === true) {
    throw refused(
      `got the offsets of a consumer that commits by itself, whatever becomes of the transaction: give that consumer of group ${group.groupId} the option enableAutoCommit: false`,
    )
  }
}

/** @throws KafkaError with `INVALID_ARGUMENT` */
export function checkOffsets(offsets: readonly TopicPartitionOffset[]): void {
  if (!Array.isArray(offsets)) throw refused('takes an array of offsets: consumer.processedOffsets()')
  for (const one of offsets) {
    if (typeof one !== 'object' || one === null || typeof one.topic !== 'string' || one.topic === '') {
      throw refused('takes offsets as { topic, partition, offset }')
    }
    if ('value' in one) {
      throw refused('takes offsets and got a record: hand in consumer.processedOffsets(), or record.offset + 1')
    }
    for (const name of ['partition', 'offset'] as const) {
      if (Number.isSafeInteger(one[name]) && one[name] >= 0) continue
      throw refused(`takes a ${name} of ${one.topic} that is a whole number of at least 0, not ${String(one[name])}`)
    }
  }
}

function refused(why: string): KafkaError<'INVALID_ARGUMENT'> {
  return new KafkaError('INVALID_ARGUMENT', `sendOffsets() ${why}`)
}
