import type { AnyApi } from '@k/protocol'
import { type ApiVersionRange, handleApiVersions } from './api-versions.ts'
import { handleConsumerGroupDescribe } from './consumer-group-describe.ts'
import { handleConsumerGroupHeartbeat } from './consumer-group-heartbeat.ts'
import { handleCreateTopics } from './create-topics.ts'
import { handleDeleteGroups } from './delete-groups.ts'
import { handleDeleteTopics } from './delete-topics.ts'
import { handleDescribeCluster } from './describe-cluster.ts'
import { handleDescribeGroups } from './describe-groups.ts'
import { handleFetch } from './fetch.ts'
import { handleFindCoordinator } from './find-coordinator.ts'
import type { Handler } from './handler.ts'
import { handleHeartbeat } from './heartbeat.ts'
import { handleInitProducerId } from './init-producer-id.ts'
import { handleJoinGroup } from './join-group.ts'
import { handleLeaveGroup } from './leave-group.ts'
import { handleListGroups } from './list-groups.ts'
import { handleListOffsets } from './list-offsets.ts'
import { handleMetadata } from './metadata.ts'
import { handleOffsetCommit } from './offset-commit.ts'
import { handleOffsetDelete } from './offset-delete.ts'
import { handleOffsetFetch } from './offset-fetch.ts'
import { handleProduce } from './produce.ts'
import { handleSaslAuthenticate } from './sasl-authenticate.ts'
import { handleSaslHandshake } from './sasl-handshake.ts'
import { handleSyncGroup } from './sync-group.ts'

const handlers: readonly Handler<AnyApi>[] = [
  handleProduce,
  handleFetch,
  handleListOffsets,
  handleMetadata,
  handleOffsetCommit,
  handleOffsetFetch,
  handleFindCoordinator,
  handleJoinGroup,
  handleHeartbeat,
  handleLeaveGroup,
  handleSyncGroup,
  handleSaslHandshake,
  handleApiVersions(() => versions),
  handleCreateTopics,
  handleDeleteTopics,
  handleInitProducerId,
  handleSaslAuthenticate,
  handleDescribeCluster,
  handleConsumerGroupHeartbeat,
  handleConsumerGroupDescribe,
  handleDescribeGroups,
  handleListGroups,
  handleDeleteGroups,
  handleOffsetDelete,
]

const versions: readonly ApiVersionRange[] = handlers.map(({ api, versions: [minVersion, maxVersion] }) => ({
  apiKey: api.key,
  minVersion,
  maxVersion,
}))

const byKey = new Map(handlers.map((handler) => [handler.api.key, handler]))

/** How the API with this key is served; undefined where it is not. */
export function handlerOf(apiKey: number): Handler<AnyApi> | undefined {
  return byKey.get(apiKey)
}
