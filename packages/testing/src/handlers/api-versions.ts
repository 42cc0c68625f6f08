// Tells which APIs and versions this broker serves, and the features that are served here, with the level that the cluster has of each.
// An unknown version is answered in version 0 with UNSUPPORTED_VERSION, by the connection. A client that tells which cluster and broker it means
// (since version 5, KIP-1242) hears when it has come to another.
import { ApiVersions } from '@k/protocol'
import { featureDefinitions } from '../features.ts'
import type { Release } from '../posing/release.ts'
import { errorCodeOf } from '../refusal.ts'
import { handler } from './handler.ts'

/** A row of the answer. */
export interface ApiVersionRange {
  readonly apiKey: number
  readonly minVersion: number
  readonly maxVersion: number
}

/** Makes the handler, which has to know the others. */
export function handleApiVersions(versionsOf: (release: Release) => readonly ApiVersionRange[]) {
  return handler({
    api: ApiVersions,
    versions: [0, 5],
    handle(request, { cluster, broker, version }) {
      const { clientSoftwareName, clientSoftwareVersion, clusterId, nodeId } = request
      const isNamed = softwareName.test(clientSoftwareName) && softwareName.test(clientSoftwareVersion)
      if (version >= 3 && !isNamed) return { errorCode: errorCodeOf('INVALID_REQUEST'), apiKeys: [] }
      // Who names the cluster has to name the broker, and the other way round.
      if ((clusterId === null) !== (nodeId === -1)) return { errorCode: errorCodeOf('INVALID_REQUEST'), apiKeys: [] }
      const isMeant = clusterId === null || (clusterId === cluster.clusterId && nodeId === broker.id)
      if (!isMeant) return { errorCode: errorCodeOf('REBOOTSTRAP_REQUIRED'), apiKeys: [] }
      const { release, features } = cluster.options
      return {
        errorCode: 0,
        apiKeys: [...versionsOf(release)],
        // Clients that know version 3 at most cannot read of a feature that begins at 0.
        supportedFeatures: [...featureDefinitions(release)]
          .filter(([, { minVersion }]) => version >= 4 || minVersion > 0)
          .map(([name, { minVersion, maxVersion }]) => ({ name, minVersion, maxVersion })),
        finalizedFeaturesEpoch: release.metadataVersion > 0 ? 1n : -1n,
        finalizedFeatures: [...features]
          .filter(([, level]) => level > 0)
          .map(([name, level]) => ({ name, minVersionLevel: level, maxVersionLevel: level })),
      }
    },
    refuse: (_, code) => ({ errorCode: errorCodeOf(code), apiKeys: [] }),
  })
}

/** What Kafka takes as a client's name and version (KIP-511). */
const softwareName = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/
