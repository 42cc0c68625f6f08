import {
  AddOffsetsToTxn,
  AddPartitionsToTxn,
  EndTxn,
  type EndTxnResponse,
  InitProducerId,
  type InitProducerIdResponse,
  Produce,
  TxnOffsetCommit,
} from '@k/protocol'
import { nameOf } from './codes.ts'
import { batchOf, type RawClient } from './raw-client.ts'

/** A producer as it names itself. */
export interface ProducerName {
  readonly producerId: bigint
  readonly producerEpoch: number
}

const NOBODY: ProducerName = { producerId: -1n, producerEpoch: -1 }

/** Sends InitProducerId. */
export function initProducerId(
  client: RawClient,
  transactionalId: string | null,
  { version = 5, timeoutMs = 60_000, former = NOBODY }: { version?: number; timeoutMs?: number; former?: ProducerName } = {},
): Promise<InitProducerIdResponse> {
  const body = { transactionalId, transactionTimeoutMs: timeoutMs }
  return client.request(InitProducerId, version, version >= 3 ? { ...body, ...former } : body)
}

/** The error of AddPartitionsToTxn for each partition, by name. */
export async function addPartitions(
  client: RawClient,
  transactionalId: string,
  producer: ProducerName,
  topic: string,
  partitions: number[],
  version = 3,
): Promise<string[]> {
  const { resultsByTopicV3AndBelow } = await client.request(AddPartitionsToTxn, version, {
    v3AndBelowTransactionalId: transactionalId,
    v3AndBelowProducerId: producer.producerId,
    v3AndBelowProducerEpoch: producer.producerEpoch,
    v3AndBelowTopics: [{ name: topic, partitions }],
    transactions: [],
  })
  return resultsByTopicV3AndBelow[0]!.resultsByPartition.map(({ partitionErrorCode }) => nameOf(partitionErrorCode))
}

/** The error of a batch of a transaction, by name. */
export async function produceInTransaction(
  client: RawClient,
  transactionalId: string | null,
  { producerId, producerEpoch }: ProducerName,
  [topic, index]: readonly [topic: string, index: number],
  values: string[],
  { version = 12, baseSequence = 0 } = {},
): Promise<string> {
  const records = batchOf(values, { producerId, producerEpoch, baseSequence, isTransactional: true })
  const topicData = [{ name: topic, partitionData: [{ index, records }] }]
  const { responses } = await client.request(Produce, version, { transactionalId, acks: -1, timeoutMs: 1000, topicData })
  return nameOf(responses[0]!.partitionResponses[0]!.errorCode)
}

/** Sends EndTxn; version 4 is TV1, 5 is TV2. */
export function endTxn(
  client: RawClient,
  transactionalId: string,
  { producerId, producerEpoch }: ProducerName,
  committed: boolean,
  version = 5,
): Promise<EndTxnResponse> {
  return client.request(EndTxn, version, { transactionalId, producerId, producerEpoch, committed })
}

/** The error of AddOffsetsToTxn, by name. */
export async function addOffsets(
  client: RawClient,
  transactionalId: string,
  { producerId, producerEpoch }: ProducerName,
  groupId: string,
  version = 3,
): Promise<string> {
  return nameOf((await client.request(AddOffsetsToTxn, version, { transactionalId, producerId, producerEpoch, groupId })).errorCode)
}

/** The error of a transactional commit of one offset, by name. */
export async function txnOffsetCommit(
  client: RawClient,
  transactionalId: string,
  { producerId, producerEpoch }: ProducerName,
  groupId: string,
  [topic, partitionIndex, offset]: readonly [topic: string, partition: number, offset: number],
  {
    version = 5,
    memberId = '',
    generationId = -1,
    groupInstanceId = null,
    metadata = '',
  }: { version?: number; memberId?: string; generationId?: number; groupInstanceId?: string | null; metadata?: string } = {},
): Promise<string> {
  const partitions = [{ partitionIndex, committedOffset: BigInt(offset), committedMetadata: metadata }]
  const { topics } = await client.request(TxnOffsetCommit, version, {
    transactionalId,
    groupId,
    producerId,
    producerEpoch,
    topics: [{ name: topic, partitions }],
    ...(version >= 3 ? { memberId, generationIdOrMemberEpoch: generationId, groupInstanceId } : {}),
  })
  return nameOf(topics[0]!.partitions[0]!.errorCode)
}
