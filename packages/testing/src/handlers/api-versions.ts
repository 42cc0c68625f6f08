// Tells which APIs and versions this broker serves, and the features that are served here, with the level that the cluster has of each.
// An unknown version is answered in version 0 with UNSUPPORTED_VERSION, by the connection. Does not look at the cluster or broker that a client
// thinks it asks (KIP-1242), which Kafka 4.3 does not either.
import { ApiVersions } from '@k/protocol'
import { featureDefinitions } from '../features.ts'
import { errorCodeOf } from '../refusal.ts'
import { handler } from './handler.ts'

/** A row of the answer. */
export interface ApiVersionRange {
  readonly apiKey: number
  readonly minVersion: number
  readonly maxVersion: number
}

/** Makes the handler, which has to know the others. */
export function handleApiVersions(versionsOf: () => readonly ApiVersionRange[]) {
  return handler({
    api: ApiVersions,
    versions: [0, 4],
    handle({ clientSoftwareName, clientSoftwareVersion }, { cluster, version }) {
      const isNamed = softwareName.test(clientSoftwareName) && softwareName.test(clientSoftwareVersion)
      if (version >= 3 && !isNamed) return { errorCode: errorCodeOf('INVALID_REQUEST'), apiKeys: [] }
      return {
        errorCode: 0,
        apiKeys: [...versionsOf()],
        // Clients that know version 3 at most cannot read of a feature that begins at 0.
        supportedFeatures: [...featureDefinitions]
          .filter(([, { minVersion }]) => version >= 4 || minVersion > 0)
          .map(([name, { minVersion, maxVersion }]) => ({ name, minVersion, maxVersion })),
        finalizedFeaturesEpoch: 1n,
        finalizedFeatures: [...cluster.options.features]
          .filter(([, level]) => level > 0)
          .map(([name, level]) => ({ name, minVersionLevel: level, maxVersionLevel: level })),
      }
    },
    refuse: (_, code) => ({ errorCode: errorCodeOf(code), apiKeys: [] }),
  })
}

/** What Kafka takes as a client's name and version (KIP-511). */
const softwareName = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/
