// Tells which APIs and versions this broker serves, and the features that Kafka 4.3 has finalized by default and that are served here.
// An unknown version is answered in version 0 with UNSUPPORTED_VERSION, by the connection. Does not look at the cluster or broker that a client
// thinks it asks (KIP-1242), which Kafka 4.3 does not either.
import { ApiVersions } from '@k/protocol'
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
    handle({ clientSoftwareName, clientSoftwareVersion }, { version }) {
      const isNamed = softwareName.test(clientSoftwareName) && softwareName.test(clientSoftwareVersion)
      if (version >= 3 && !isNamed) return { errorCode: errorCodeOf('INVALID_REQUEST'), apiKeys: [] }
      return {
        errorCode: 0,
        apiKeys: [...versionsOf()],
        supportedFeatures: [{ name: 'metadata.version', minVersion: METADATA_VERSION_MIN, maxVersion: METADATA_VERSION }],
        finalizedFeaturesEpoch: 1n,
        finalizedFeatures: [{ name: 'metadata.version', minVersionLevel: METADATA_VERSION, maxVersionLevel: METADATA_VERSION }],
      }
    },
    refuse: (_, code) => ({ errorCode: errorCodeOf(code), apiKeys: [] }),
  })
}

/** What Kafka takes as a client's name and version (KIP-511). */
const softwareName = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/

/** The feature levels of 3.3 and of 4.3. */
const METADATA_VERSION_MIN = 7
const METADATA_VERSION = 30
