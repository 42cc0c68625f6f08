import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { string } from '../schema/blobs.ts'
import { int16, int32 } from '../schema/scalars.ts'

/** Takes a controller that will not come back out of the cluster. */
export const UnregisterController = api('UnregisterController', 94, { versions: [0, 0], flexible: 0 }, () => ({
  request: {
    controllerId: int32,
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16,
    errorMessage: string.nullable(),
  },
}))

/** What is asked with {@link UnregisterController}, decoded: every field is there, in every version. */
export interface UnregisterControllerRequest extends RequestOf<typeof UnregisterController> {}
/** What is answered to {@link UnregisterController}, decoded: every field is there, in every version. */
export interface UnregisterControllerResponse extends ResponseOf<typeof UnregisterController> {}
