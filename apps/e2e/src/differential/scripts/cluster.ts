import {
  AddRaftVoter,
  AlterClientQuotas,
  AlterPartitionReassignments,
  AlterReplicaLogDirs,
  AlterShareGroupOffsets,
  AlterUserScramCredentials,
  type AnyApi,
  ApiVersions,
  CreateAcls,
  CreateDelegationToken,
  DeleteAcls,
  DeleteShareGroupOffsets,
  DeleteShareGroupState,
  DescribeAcls,
  DescribeClientQuotas,
  DescribeCluster,
  DescribeDelegationToken,
  DescribeLogDirs,
  DescribeProducers,
  DescribeQuorum,
  DescribeShareGroupOffsets,
  DescribeUserScramCredentials,
  ElectLeaders,
  ExpireDelegationToken,
  Fetch,
  FindCoordinator,
  Heartbeat,
  InitializeShareGroupState,
  ListConfigResources,
  ListGroups,
  ListPartitionReassignments,
  Metadata,
  Produce,
  ReadShareGroupState,
  ReadShareGroupStateSummary,
  RemoveRaftVoter,
  RenewDelegationToken,
  type RequestInputOf,
  SaslAuthenticate,
  SaslHandshake,
  ShareAcknowledge,
  ShareFetch,
  ShareGroupDescribe,
  ShareGroupHeartbeat,
  StreamsGroupDescribe,
  StreamsGroupHeartbeat,
  UnregisterBroker,
  UpdateFeatures,
  WriteShareGroupState,
} from '@k/protocol'
import { type ExpectedDifference, type Subject, script } from '../script.ts'

/** The frame with another version in its header. */
function inVersion(version: number): (frame: Buffer) => Buffer {
  return (frame) => {
    frame.writeInt16BE(version, 6)
    return frame
  }
}

/** The frame with other bytes behind its size, which is made to fit. */
function withBody(change: (body: Buffer) => Buffer): (frame: Buffer) => Buffer {
  return (frame) => {
    const body = change(frame.subarray(4))
    const size = Buffer.alloc(4)
    size.writeInt32BE(body.length)
    return Buffer.concat([size, body])
  }
}

function tooNew<A extends AnyApi>(api: A, body: RequestInputOf<A>) {
  return script(`${api.name} in a version that is too new`, ({ sendChanged }) =>
    sendChanged(api, api.versions.max, body, inVersion(99)).then(() => {}),
  )
}

/** What Kafka serves besides. */
const unserved = [
  DescribeAcls,
  CreateAcls,
  DeleteAcls,
  AlterReplicaLogDirs,
  DescribeLogDirs,
  CreateDelegationToken,
  RenewDelegationToken,
  ExpireDelegationToken,
  DescribeDelegationToken,
  ElectLeaders,
  AlterPartitionReassignments,
  ListPartitionReassignments,
  DescribeClientQuotas,
  AlterClientQuotas,
  DescribeUserScramCredentials,
  AlterUserScramCredentials,
  DescribeQuorum,
  UpdateFeatures,
  UnregisterBroker,
  ListConfigResources,
  ShareGroupHeartbeat,
  ShareGroupDescribe,
  ShareFetch,
  ShareAcknowledge,
  AddRaftVoter,
  RemoveRaftVoter,
  InitializeShareGroupState,
  ReadShareGroupState,
  WriteShareGroupState,
  DeleteShareGroupState,
  ReadShareGroupStateSummary,
  StreamsGroupHeartbeat,
  StreamsGroupDescribe,
  DescribeShareGroupOffsets,
  AlterShareGroupOffsets,
  DeleteShareGroupOffsets,
]
const unknownFeatures = ['eligible.leader.replicas.version', 'kraft.version', 'share.version', 'streams.version']

function notServed(version: number): ExpectedDifference[] {
  const why = `Not served: ${unserved.map(({ name }) => name).join(', ')}.`
  const apis = unserved.map(({ key }) => ({ at: `1 ApiVersions.apiKeys.${key}`, why }))
  const noFeature = `Features that are not known: ${unknownFeatures.join(', ')}.`
  const features = unknownFeatures.flatMap((name) => [
    ...(version < 4 ? [] : [{ at: `1 ApiVersions.supportedFeatures.${name}`, why: noFeature }]),
    ...(name === 'kraft.version' ? [] : [{ at: `1 ApiVersions.finalizedFeatures.${name}`, why: noFeature }]),
  ])
  return version < 3 ? apis : [...apis, ...features]
}

const LEFT_OVER = 'Bytes behind a request end its connection, and stand in `kafka.failures`; Kafka overlooks them.'

const beat = { groupId: 'g', generationId: 0, memberId: 'm' }

export const cluster: Subject = {
  title: 'cluster',
  scripts: [
    ...[0, 1, 2, 3, 4].map((version) =>
      script(
        `ApiVersions in version ${version}`,
        ({ request }) => request(ApiVersions, version, { clientSoftwareName: 'script', clientSoftwareVersion: '1.0' }),
        notServed(version),
      ),
    ),
    script('ApiVersions of clients without a name', async ({ request }) => {
      for (const clientSoftwareName of ['', 'with space', '-begins', 'ends-', 'a.b-c_d']) {
        await request(ApiVersions, 3, { clientSoftwareName, clientSoftwareVersion: '1' })
      }
      await request(ApiVersions, 3, { clientSoftwareName: 'script', clientSoftwareVersion: '' })
    }),
    tooNew(ApiVersions, { clientSoftwareName: 'script', clientSoftwareVersion: '1' }),
    tooNew(Metadata, { topics: [], includeTopicAuthorizedOperations: false }),
    tooNew(Heartbeat, beat),
    script('a version below the first', async ({ sendChanged, connect }) => {
      await sendChanged(Metadata, 0, { topics: [], includeTopicAuthorizedOperations: false }, inVersion(-1))
      await (await connect()).sendChanged(
        Fetch,
        4,
        { maxWaitMs: 0, minBytes: 0, isolationLevel: 0, topics: [], maxBytes: 1, sessionId: 0, forgottenTopicsData: [], rackId: '' },
        inVersion(3),
      )
    }),
    script('an API that there is not', async ({ sendChanged }) => {
      await sendChanged(Heartbeat, 0, beat, (frame) => {
        frame.writeInt16BE(999, 4)
        return frame
      })
    }),
    script('a request that is cut off', async ({ sendChanged, connect }) => {
      await sendChanged(
        Heartbeat,
        0,
        beat,
        withBody((body) => body.subarray(0, -1)),
      )
      await (await connect()).sendChanged(
        Heartbeat,
        4,
        beat,
        withBody((body) => body.subarray(0, -3)),
      )
    }),
    script(
      'a request with bytes left over',
      async ({ sendChanged, connect }) => {
        await sendChanged(
          Heartbeat,
          0,
          beat,
          withBody((body) => Buffer.concat([body, Buffer.from([1, 2, 3])])),
        )
        await (await connect()).sendChanged(
          Heartbeat,
          4,
          beat,
          withBody((body) => Buffer.concat([body, Buffer.alloc(1)])),
        )
      },
      [
        { at: '1 Heartbeat', why: LEFT_OVER },
        { at: '2 Heartbeat', why: LEFT_OVER },
      ],
    ),
    script('a request with a tag that nobody knows', async ({ sendChanged }) => {
      await sendChanged(
        Heartbeat,
        4,
        beat,
        withBody((body) => Buffer.concat([body.subarray(0, -1), Buffer.from([1, 77, 2, 5, 5])])),
      )
    }),
    script('a frame of no size, and of a negative one', async ({ sendChanged, connect }) => {
      await sendChanged(Heartbeat, 4, beat, () => Buffer.alloc(4))
      await (await connect()).sendChanged(Heartbeat, 4, beat, () => Buffer.from('ffffffff', 'hex'))
      await (await connect()).sendChanged(Heartbeat, 4, beat, () => Buffer.from('7fffffff', 'hex'))
    }),
    ...[0, 1, 2].map((version) =>
      script(`DescribeCluster in version ${version}`, async ({ request }) => {
        for (const includeClusterAuthorizedOperations of [false, true])
          await request(DescribeCluster, version, { includeClusterAuthorizedOperations })
        if (version > 0) await request(DescribeCluster, version, { includeClusterAuthorizedOperations: false, endpointType: 2 })
        if (version > 0) await request(DescribeCluster, version, { includeClusterAuthorizedOperations: false, endpointType: 7 })
        if (version > 1) await request(DescribeCluster, version, { includeClusterAuthorizedOperations: false, includeFencedBrokers: true })
      }),
    ),
    ...[0, 1, 2, 3, 4, 5, 6].map((version) =>
      script(`FindCoordinator in version ${version}`, async ({ request, name }) => {
        const [a, b] = [name(), name()]
        for (const keyType of [0, 1, 2, 9]) {
          if (version > 0 || keyType === 0) await request(FindCoordinator, version, { key: a, keyType, coordinatorKeys: [a, b, a] })
        }
        await request(FindCoordinator, version, { key: '', keyType: 0, coordinatorKeys: [''] })
        if (version > 0) await request(FindCoordinator, version, { key: '', keyType: 1, coordinatorKeys: [''] })
        if (version > 3) await request(FindCoordinator, version, { keyType: 0, coordinatorKeys: [] })
      }),
    ),
    script('SASL where nobody has to log in', async ({ outcome, connect }) => {
      await outcome(SaslHandshake, 1, { mechanism: 'PLAIN' })
      await (await connect()).outcome(SaslAuthenticate, 2, { authBytes: Buffer.from('\0a\0b') })
    }),
    script('no client id', async ({ request }) => {
      await request(ListGroups, 0, { statesFilter: [], typesFilter: [] })
    }),
    script('requests of one connection are answered in their order', async ({ request, topic }) => {
      const { name } = await topic()
      const describe = { topics: [{ name, partitionIndexes: [0] }] }
      await Promise.all([
        request(Fetch, 11, {
          maxWaitMs: 100,
          minBytes: 1,
          maxBytes: 1000,
          isolationLevel: 0,
          sessionId: 0,
          sessionEpoch: -1,
          topics: [{ topic: name, partitions: [{ partition: 0, fetchOffset: 0n, partitionMaxBytes: 1000 }] }],
          forgottenTopicsData: [],
          rackId: '',
        }),
        request(DescribeProducers, 0, describe),
        request(Produce, 9, { acks: 1, timeoutMs: 100, topicData: [] }),
      ])
    }),
  ],
}
