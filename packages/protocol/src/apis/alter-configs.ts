import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { boolean, int8, int16, int32 } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** Replaces the whole configuration of resources; IncrementalAlterConfigs changes single values. */
export const AlterConfigs = api('AlterConfigs', 33, { versions: [0, 2], flexible: 2 }, () => ({
  request: {
    resources: array(
      struct({
        /** 2: topic; 4: broker; 8: logger of a broker; 16: client metrics; 32: group. */
        resourceType: int8,
        resourceName: string,
        configs: array(struct({ name: string, value: string.nullable() })),
      }),
    ),
    validateOnly: boolean,
  },
  response: {
    throttleTimeMs: int32,
    responses: array(
      struct({
        errorCode: int16,
        errorMessage: string.nullable(),
        resourceType: int8,
        resourceName: string,
      }),
    ),
  },
}))

/** What is asked with {@link AlterConfigs}, decoded: every field is there, in every version. */
export interface AlterConfigsRequest extends RequestOf<typeof AlterConfigs> {}
/** What is answered to {@link AlterConfigs}, decoded: every field is there, in every version. */
export interface AlterConfigsResponse extends ResponseOf<typeof AlterConfigs> {}
