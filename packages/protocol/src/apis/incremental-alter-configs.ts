import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { boolean, int8, int16, int32 } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** Changes single configuration values (KIP-339). */
export const IncrementalAlterConfigs = api('IncrementalAlterConfigs', 44, { versions: [0, 1], flexible: 1 }, () => ({
  request: {
    resources: array(
      struct({
        /** 2: topic; 4: broker; 8: logger of a broker; 16: client metrics; 32: group. */
        resourceType: int8,
        resourceName: string,
        configs: array(
          struct({
            name: string,
            /** 0: set; 1: delete; 2: append; 3: subtract. */
            configOperation: int8,
            value: string.nullable(),
          }),
        ),
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

/** What is asked with {@link IncrementalAlterConfigs}, decoded: every field is there, in every version. */
export interface IncrementalAlterConfigsRequest extends RequestOf<typeof IncrementalAlterConfigs> {}
/** What is answered to {@link IncrementalAlterConfigs}, decoded: every field is there, in every version. */
export interface IncrementalAlterConfigsResponse extends ResponseOf<typeof IncrementalAlterConfigs> {}
