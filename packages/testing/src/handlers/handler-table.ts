import { type AnyApi, ConfigError } from '@k/protocol'
import { shown } from '../option-checks.ts'
import type { Release } from '../posing/release.ts'
import { handleAddOffsetsToTxn } from './add-offsets-to-txn.ts'
import { handleAddPartitionsToTxn } from './add-partitions-to-txn.ts'
import { handleAlterConfigs } from './alter-configs.ts'
import { type ApiVersionRange, handleApiVersions } from './api-versions.ts'
import { handleConsumerGroupDescribe } from './consumer-group-describe.ts'
import { handleConsumerGroupHeartbeat } from './consumer-group-heartbeat.ts'
import { handleCreatePartitions } from './create-partitions.ts'
import { handleCreateTopics } from './create-topics.ts'
import { handleDeleteGroups } from './delete-groups.ts'
import { handleDeleteRecords } from './delete-records.ts'
import { handleDeleteTopics } from './delete-topics.ts'
import { handleDescribeCluster } from './describe-cluster.ts'
import { handleDescribeConfigs } from './describe-configs.ts'
import { handleDescribeGroups } from './describe-groups.ts'
import { handleDescribeProducers } from './describe-producers.ts'
import { handleDescribeTopicPartitions } from './describe-topic-partitions.ts'
import { handleDescribeTransactions } from './describe-transactions.ts'
import { handleEndTxn } from './end-txn.ts'
import { handleFindCoordinator } from './find-coordinator.ts'
import type { Handler } from './handler.ts'
import { handleHeartbeat } from './heartbeat.ts'
import { handleIncrementalAlterConfigs } from './incremental-alter-configs.ts'
import { handleInitProducerId } from './init-producer-id.ts'
import { handleJoinGroup } from './join-group.ts'
import { handleLeaveGroup } from './leave-group.ts'
import { handleEveryFetch } from './legacy-fetch.ts'
import { handleEveryListOffsets } from './legacy-list-offsets.ts'
import { handleEveryOffsetFetch } from './legacy-offset-fetch.ts'
import { handleEveryProduce } from './legacy-produce.ts'
import { handleListGroups } from './list-groups.ts'
import { handleListTransactions } from './list-transactions.ts'
import { handleOffsetCommit } from './offset-commit.ts'
import { handleOffsetDelete } from './offset-delete.ts'
import { handleOffsetForLeaderEpoch } from './offset-for-leader-epoch.ts'
import { handleSaslAuthenticate } from './sasl-authenticate.ts'
import { handleSaslHandshake } from './sasl-handshake.ts'
import { handleEveryMetadata } from './stale-metadata.ts'
import { handleSyncGroup } from './sync-group.ts'
import { handleEveryTxnOffsetCommit } from './txn-offset-commit-by-id.ts'
import { handleWriteTxnMarkers } from './write-txn-markers.ts'

const handlers: readonly Handler<AnyApi>[] = [
  handleEveryProduce,
  handleEveryFetch,
  handleEveryListOffsets,
  handleEveryMetadata,
  handleOffsetCommit,
  handleEveryOffsetFetch,
  handleFindCoordinator,
  handleJoinGroup,
  handleHeartbeat,
  handleLeaveGroup,
  handleSyncGroup,
  handleSaslHandshake,
  handleApiVersions(versionsServedBy),
  handleCreateTopics,
  handleDeleteTopics,
  handleInitProducerId,
  handleAddPartitionsToTxn,
  handleAddOffsetsToTxn,
  handleEndTxn,
  handleWriteTxnMarkers,
  handleEveryTxnOffsetCommit,
  handleDescribeProducers,
  handleDescribeTransactions,
  handleListTransactions,
  handleSaslAuthenticate,
  handleOffsetForLeaderEpoch,
  handleDeleteRecords,
  handleCreatePartitions,
  handleDescribeConfigs,
  handleAlterConfigs,
  handleIncrementalAlterConfigs,
  handleDescribeTopicPartitions,
  handleDescribeCluster,
  handleConsumerGroupHeartbeat,
  handleConsumerGroupDescribe,
  handleDescribeGroups,
  handleListGroups,
  handleDeleteGroups,
  handleOffsetDelete,
]

/** What a cluster of a release serves, by the keys of the APIs: what is both in the release and here. */
const served = new Map<Release, ReadonlyMap<number, Handler<AnyApi>>>()

/** How every API is served by a cluster of `release`, by its key. */
export function handlersOf(release: Release): ReadonlyMap<number, Handler<AnyApi>> {
  const known = served.get(release)
  if (known !== undefined) return known
  const byKey = new Map<number, Handler<AnyApi>>()
  for (const handler of handlers) {
    const [min, max] = release.versions.get(handler.api.name) ?? [0, -1]
    const versions = [Math.max(min, handler.versions[0]), Math.min(max, handler.versions[1])] as const
    if (versions[0] <= versions[1]) byKey.set(handler.api.key, { ...handler, versions })
  }
  served.set(release, byKey)
  return byKey
}

/** @throws ConfigError for what is no API, or one that a cluster of `release` does not serve */
export function checkServed(api: AnyApi, release: Release): void {
  if (typeof api?.key !== 'number') {
    throw new ConfigError('api', `must be one that @k/protocol exports, such as Produce (a value, no string), not ${shown(api)}`)
  }
  if (handlersOf(release).has(api.key)) return
  if (handlers.some((handler) => handler.api.key === api.key)) {
    throw new ConfigError('api', `must be one that Kafka ${release.version} has, as which this cluster poses; ${api.name} is not`)
  }
  const names = [...handlersOf(release).values()].map((handler) => handler.api.name)
  throw new ConfigError('api', `must be one that FakeCluster serves (${names.join(', ')}), not ${api.name}`)
}

function versionsServedBy(release: Release): ApiVersionRange[] {
  return [...handlersOf(release).values()].map(({ api, versions: [minVersion, maxVersion] }) => ({
    apiKey: api.key,
    minVersion,
    maxVersion,
  }))
}
