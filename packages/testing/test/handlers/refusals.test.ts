import {
  AlterConfigs,
  type AnyApi,
  ApiVersions,
  brokerErrorRow,
  CreatePartitions,
  CreateTopics,
  DeleteRecords,
  DeleteTopics,
  DescribeCluster,
  DescribeConfigs,
  DescribeTopicPartitions,
  Fetch,
  FindCoordinator,
  Heartbeat,
  IncrementalAlterConfigs,
  InitProducerId,
  JoinGroup,
  LeaveGroup,
  ListOffsets,
  Metadata,
  OffsetCommit,
  OffsetFetch,
  OffsetForLeaderEpoch,
  Produce,
  SaslAuthenticate,
  SaslHandshake,
  SyncGroup,
  ZERO_UUID,
} from '@k/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { handlersOf } from '../../src/handlers/handler-table.ts'
import { FakeCluster } from '../../src/index.ts'
import { releaseOf } from '../../src/posing/release.ts'
import { batchOf, RawClient } from '../support/raw-client.ts'

const partition = { partitionIndex: 0 }
const topicId = ZERO_UUID
const resource = { resourceType: 2, resourceName: 't' }

/** A request of each API that asks for something, in the version's form. */
const requests: [AnyApi, (version: number) => object][] = [
  [ApiVersions, () => ({ clientSoftwareName: 'a', clientSoftwareVersion: '1' })],
  [CreateTopics, () => ({ topics: [{ name: 'a', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }] })],
  [CreatePartitions, () => ({ topics: [{ name: 't', count: 9, assignments: null }], timeoutMs: 1, validateOnly: true })],
  [DeleteRecords, () => ({ topics: [{ name: 't', partitions: [{ ...partition, offset: 0n }] }], timeoutMs: 1 })],
  [DescribeConfigs, () => ({ resources: [{ ...resource, configurationKeys: null }] })],
  [AlterConfigs, () => ({ resources: [{ ...resource, configs: [] }], validateOnly: true })],
  [IncrementalAlterConfigs, () => ({ resources: [{ ...resource, configs: [] }], validateOnly: true })],
  [DescribeTopicPartitions, () => ({ topics: [{ name: 't' }] })],
  [OffsetForLeaderEpoch, () => ({ replicaId: -1, topics: [{ topic: 't', partitions: [{ partition: 0, leaderEpoch: 0 }] }] })],
  [DeleteTopics, (version) => ({ timeoutMs: 1, ...(version >= 6 ? { topics: [{ name: 'a', topicId }] } : { topicNames: ['a'] }) })],
  [DescribeCluster, () => ({ includeClusterAuthorizedOperations: false })],
  [
    Fetch,
    () => ({
      maxWaitMs: 0,
      minBytes: 0,
      topics: [{ topic: 't', topicId, partitions: [{ partition: 0, fetchOffset: 0n, partitionMaxBytes: 1 }] }],
    }),
  ],
  [FindCoordinator, (version) => (version >= 4 ? { coordinatorKeys: ['g'] } : { key: 'g' })],
  [Heartbeat, () => ({ groupId: 'g', generationId: 1, memberId: 'm' })],
  [InitProducerId, () => ({ transactionalId: null, transactionTimeoutMs: 1 })],
  [JoinGroup, () => ({ groupId: 'g', sessionTimeoutMs: 10_000, memberId: 'm', protocolType: 'consumer', protocols: [] })],
  [LeaveGroup, (version) => ({ groupId: 'g', ...(version >= 3 ? { members: [{ memberId: 'm' }] } : { memberId: 'm' }) })],
  [ListOffsets, () => ({ replicaId: -1, isolationLevel: 0, topics: [{ name: 't', partitions: [{ ...partition, timestamp: -1n }] }] })],
  [Metadata, () => ({ topics: [{ name: 't', topicId }] })],
  [
    OffsetCommit,
    () => ({ groupId: 'g', topics: [{ name: 't', topicId, partitions: [{ ...partition, committedOffset: 1n, committedMetadata: '' }] }] }),
  ],
  [
    OffsetFetch,
    (version) =>
      version >= 8
        ? { groups: [{ groupId: 'g', topics: [{ name: 't', topicId, partitionIndexes: [0] }] }] }
        : { groupId: 'g', topics: [{ name: 't', partitionIndexes: [0] }] },
  ],
  [
    Produce,
    () => ({ acks: -1, timeoutMs: 1, topicData: [{ name: 't', topicId, partitionData: [{ index: 0, records: batchOf(['a']) }] }] }),
  ],
  [SaslAuthenticate, () => ({ authBytes: Buffer.from('\0a\0b') })],
  [SaslHandshake, () => ({ mechanism: 'PLAIN' })],
  [SyncGroup, () => ({ groupId: 'g', generationId: 1, memberId: 'm', assignments: [] })],
]

/** Every error code in a response, wherever it stands. */
function codesIn(value: unknown): number[] {
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return []
  return Object.entries(value).flatMap(([name, each]) => (name === 'errorCode' ? [each as number] : codesIn(each)))
}

describe('every API', () => {
  let kafka: FakeCluster
  let client: RawClient
  beforeAll(async () => {
    kafka = await FakeCluster.start({ tcp: false, topics: { t: 1 } })
    client = await RawClient.connect(kafka)
  })
  afterAll(async () => {
    await kafka.close()
    expect(kafka.failures).toEqual([])
  })

  const versionsOf = (api: AnyApi) => {
    const [min, max] = handlersOf(releaseOf('4.3')).get(api.key)!.versions
    // What is told of Produce begins before what is served.
    return Array.from({ length: max - min + 1 }, (_, i) => min + i).filter((version) => api !== Produce || version >= 3)
  }

  it.each(requests.map(([api, make]) => [api.name, api, make] as const))(
    '%s answers in every version, and can be made to fail',
    async (_, api, make) => {
      for (const version of versionsOf(api)) {
        const body = make(version)
        const rule = kafka.on(api).once().fail('UNKNOWN_SERVER_ERROR')
        const refused = await client.request(api, version, body)
        // Metadata has no other place for it than its topics before version 13.
        expect(codesIn(refused), `version ${version}`).toContain(brokerErrorRow('UNKNOWN_SERVER_ERROR').errorCode)
        expect(rule.hits).toBe(1)
        expect(codesIn(await client.request(api, version, body)).length, `version ${version}`).toBeGreaterThan(0)
      }
    },
  )

  it('that Kafka 4.3 serves in this slice is there', () => {
    expect(requests).toHaveLength(25)
    for (const [api] of requests) expect(handlersOf(releaseOf('4.3')).get(api.key)?.api).toBe(api)
  })
})
