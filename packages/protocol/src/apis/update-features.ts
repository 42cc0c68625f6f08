import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { boolean, int8, int16, int32 } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** Raises or lowers the finalized features of the cluster (KIP-584). */
export const UpdateFeatures = api('UpdateFeatures', 57, { versions: [0, 2], flexible: 0 }, () => ({
  request: {
    timeoutMs: int32.default(60000),
    featureUpdates: array(
      struct({
        feature: string,
        /** 0 or less deletes the feature. */
        maxVersionLevel: int16,
        allowDowngrade: boolean.until(0),
        /** 1: upgrade; 2: downgrade that loses nothing; 3: any downgrade. */
        upgradeType: int8.since(1).default(1),
      }),
    ),
    validateOnly: boolean.since(1),
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16,
    errorMessage: string.nullable(),
    results: array(struct({ feature: string, errorCode: int16, errorMessage: string.nullable() }))
      .until(1)
      .ignorable(),
  },
}))

/** What is asked with {@link UpdateFeatures}, decoded: every field is there, in every version. */
export interface UpdateFeaturesRequest extends RequestOf<typeof UpdateFeatures> {}
/** What is answered to {@link UpdateFeatures}, decoded: every field is there, in every version. */
export interface UpdateFeaturesResponse extends ResponseOf<typeof UpdateFeatures> {}
