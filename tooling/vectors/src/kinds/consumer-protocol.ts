import { ConsumerProtocolSubscription, decodeAssignment, decodeSubscription, encodeAssignment, encodeSubscription } from '@k/protocol'
import { expectSame, expectSameHex, expectSameJson } from '../outcome.ts'

type TopicPartitions = readonly (readonly [string, readonly number[]])[]

interface SubscriptionVector {
  readonly what: 'subscription'
  readonly version: number
  readonly given: { readonly topics: readonly string[]; readonly ownedPartitions: TopicPartitions }
  readonly topics: readonly string[]
  readonly userData: string | null
  readonly ownedPartitions: TopicPartitions
  readonly generationId: number
  readonly rackId: string | null
  readonly decodeOnly: boolean
  readonly hex: string
}

interface AssignmentVector {
  readonly what: 'assignment'
  readonly version: number
  readonly given: { readonly partitions: TopicPartitions }
  readonly partitions: TopicPartitions
  readonly userData: string | null
  readonly decodeOnly: boolean
  readonly hex: string
}

const VERSION_BYTES = 2
const structs = (pairs: TopicPartitions) => pairs.map(([topic, partitions]) => ({ topic, partitions }))
const base64 = (bytes: Buffer | null) => bytes?.toString('base64') ?? null
const fromBase64 = (text: string | null) => (text === null ? null : Buffer.from(text, 'base64'))

function checkSubscription(vector: SubscriptionVector): void {
  const got = decodeSubscription(Buffer.from(vector.hex, 'hex'))
  expectSameJson('topics', vector.topics, got.topics)
  expectSame('userData', vector.userData, base64(got.userData))
  expectSameJson('ownedPartitions', structs(vector.ownedPartitions), got.ownedPartitions)
  expectSame('generationId', vector.generationId, got.generationId)
  expectSame('rackId', vector.rackId, got.rackId)
  if (vector.decodeOnly) return
  const { topics, ownedPartitions } = vector.given
  const { generationId, version } = vector
  // An empty rack is read as none, and the vector says what was read: the bytes know what was given.
  const { rackId } = ConsumerProtocolSubscription.decode(version, Buffer.from(vector.hex, 'hex').subarray(VERSION_BYTES))
  const given = { topics, userData: fromBase64(vector.userData), ownedPartitions: structs(ownedPartitions), generationId, rackId }
  expectSameHex('hex', vector.hex, encodeSubscription(given, version).toString('hex'))
}

function checkAssignment(vector: AssignmentVector): void {
  const got = decodeAssignment(Buffer.from(vector.hex, 'hex'))
  expectSameJson('partitions', structs(vector.partitions), got.assignedPartitions)
  expectSame('userData', vector.userData, base64(got.userData))
  if (vector.decodeOnly) return
  const given = { assignedPartitions: structs(vector.given.partitions), userData: fromBase64(vector.userData) }
  expectSameHex('hex', vector.hex, encodeAssignment(given, vector.version).toString('hex'))
}

/** The blobs of JoinGroup and SyncGroup, version in front. */
export function checkConsumerProtocol(vector: SubscriptionVector | AssignmentVector): void {
  if (vector.what === 'subscription') checkSubscription(vector)
  else checkAssignment(vector)
}
