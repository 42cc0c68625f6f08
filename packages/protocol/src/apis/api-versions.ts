import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { boolean, int16, int32, int64 } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/**
 * What a broker speaks: asked first on every connection. A broker that does not know the version answers in version 0 with
 * UNSUPPORTED_VERSION.
 */
export const ApiVersions = api('ApiVersions', 18, { versions: [0, 5], flexible: 3, fixedResponseHeader: true }, () => ({
  request: {
    clientSoftwareName: string.since(3).ignorable(),
    clientSoftwareVersion: string.since(3).ignorable(),
    clusterId: string.since(5).nullable(5).default(null).ignorable(),
    nodeId: int32.since(5).default(-1).ignorable(),
  },
  response: {
    errorCode: int16,
    apiKeys: array(struct({ apiKey: int16, minVersion: int16, maxVersion: int16 })),
    throttleTimeMs: int32.since(1).ignorable(),
    supportedFeatures: array(struct({ name: string, minVersion: int16, maxVersion: int16 }))
      .since(3)
      .tagged(0)
      .ignorable(),
    finalizedFeaturesEpoch: int64.since(3).tagged(1).default(-1n).ignorable(),
    finalizedFeatures: array(struct({ name: string, maxVersionLevel: int16, minVersionLevel: int16 }))
      .since(3)
      .tagged(2)
      .ignorable(),
    zkMigrationReady: boolean.since(3).tagged(3).ignorable(),
  },
}))

/** What is asked with {@link ApiVersions}, decoded: every field is there, in every version. */
export interface ApiVersionsRequest extends RequestOf<typeof ApiVersions> {}
/** What is answered to {@link ApiVersions}, decoded: every field is there, in every version. */
export interface ApiVersionsResponse extends ResponseOf<typeof ApiVersions> {}
