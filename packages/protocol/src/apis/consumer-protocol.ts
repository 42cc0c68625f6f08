import { DecodeError } from '../errors/decode-error.ts'
import { array } from '../schema/array.ts'
import { bytes, string } from '../schema/blobs.ts'
import type { InputOf, OutputOf, Shape } from '../schema/field.ts'
import { type Message, message } from '../schema/message.ts'
import { int32 } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'
import { Reader } from '../wire/reader.ts'
import { Writer } from '../wire/writer.ts'

/** What a consumer tells the leader of its classic group. It travels as metadata in JoinGroup, with its version in front. */
export const ConsumerProtocolSubscription = message('ConsumerProtocolSubscription', { versions: [0, 3] }, () => ({
  topics: array(string),
  /** Belongs to the assignor. */
  userData: bytes.nullable().default(null),
  /** What the consumer holds now, for assignors that move as little as they can (KIP-429). */
  ownedPartitions: array(struct({ topic: string, partitions: array(int32) }))
    .since(1)
    .ignorable(),
  /** In which generation it held them; -1: unknown (KIP-792). */
  generationId: int32.since(2).default(-1).ignorable(),
  rackId: string.since(3).nullable().default(null).ignorable(),
}))

/** What a consumer hears from the leader of its classic group. It travels in SyncGroup, with its version in front. */
export const ConsumerProtocolAssignment = message('ConsumerProtocolAssignment', { versions: [0, 3] }, () => ({
  assignedPartitions: array(struct({ topic: string, partitions: array(int32) })),
  /** Belongs to the assignor. */
  userData: bytes.nullable().default(null),
}))

/** What {@link encodeSubscription} takes. */
export interface SubscriptionInput extends InputOf<(typeof ConsumerProtocolSubscription)['shape']> {}
/** A decoded subscription: every field is there, in every version. */
export interface Subscription extends OutputOf<(typeof ConsumerProtocolSubscription)['shape']> {}
/** What {@link encodeAssignment} takes. */
export interface AssignmentInput extends InputOf<(typeof ConsumerProtocolAssignment)['shape']> {}
/** A decoded assignment. */
export interface Assignment extends OutputOf<(typeof ConsumerProtocolAssignment)['shape']> {}

const VERSION_BYTES = 2

type TopicPartitions = AssignmentInput['assignedPartitions']

/** Each topic once, in the order of its first mention. */
function grouped(partitions: TopicPartitions): { topic: string; partitions: number[] }[] {
  const byTopic = new Map<string, number[]>()
  for (const { topic, partitions: numbers } of partitions) {
    const known = byTopic.get(topic)
    if (known === undefined) byTopic.set(topic, [...numbers])
    else known.push(...numbers)
  }
  return [...byTopic].map(([topic, numbers]) => ({ topic, partitions: numbers }))
}

function sorted(partitions: TopicPartitions): TopicPartitions {
  const groups = grouped(partitions)
  for (const group of groups) group.partitions.sort((a, b) => a - b)
  return groups.sort((a, b) => (a.topic < b.topic ? -1 : 1))
}

function encodeWithVersion<S extends Shape>(blob: Message<S>, version: number, value: InputOf<S>): Buffer {
  const writer = new Writer()
  writer.int16(version)
  blob.write(writer, version, value)
  return writer.concat()
}

function decodeWithVersion<S extends Shape>(blob: Message<S>, bytes: Uint8Array): OutputOf<S> {
  if (bytes.length < VERSION_BYTES) throw new DecodeError(`${blob.name} without a version`, { position: 0 })
  const reader = new Reader(bytes)
  const version = reader.int16()
  if (version < 0) throw new DecodeError('there are no such versions', { api: blob.name, version, position: 0 })
  // Later versions only add at the end, so that what is known of them is read, and the rest is left.
  return blob.read(reader, Math.min(version, blob.versions.max))
}

/**
 * The bytes of a subscription, version in front. Topics and partitions are sorted: the broker takes other bytes for a change, and rebalances.
 * @param version - default: the latest
 */
export function encodeSubscription(subscription: SubscriptionInput, version: number = ConsumerProtocolSubscription.versions.max): Buffer {
  const { topics, ownedPartitions = [] } = subscription
  return encodeWithVersion(ConsumerProtocolSubscription, version, {
    ...subscription,
    topics: [...topics].sort(),
    ownedPartitions: sorted(ownedPartitions),
  })
}

/** Reads a subscription of any version, also a later one. An empty rack is none. @throws DecodeError */
export function decodeSubscription(bytes: Uint8Array): Subscription {
  const subscription = decodeWithVersion(ConsumerProtocolSubscription, bytes)
  return subscription.rackId === '' ? { ...subscription, rackId: null } : subscription
}

/**
 * The bytes of an assignment, version in front; each topic once.
 * @param version - default: the latest
 */
export function encodeAssignment(assignment: AssignmentInput, version: number = ConsumerProtocolAssignment.versions.max): Buffer {
  return encodeWithVersion(ConsumerProtocolAssignment, version, {
    ...assignment,
    assignedPartitions: grouped(assignment.assignedPartitions),
  })
}

/** Reads an assignment of any version, also a later one. @throws DecodeError */
export function decodeAssignment(bytes: Uint8Array): Assignment {
  return decodeWithVersion(ConsumerProtocolAssignment, bytes)
}
