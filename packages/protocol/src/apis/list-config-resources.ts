import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { int8, int16, int32 } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** The names of resources that have configurations: groups, client metrics and others (KIP-1142). Version 0 lists client metrics alone. */
export const ListConfigResources = api('ListConfigResources', 74, { versions: [0, 1], flexible: 0 }, () => ({
  request: {
    /** 2: topic; 4: broker; 8: logger of a broker; 16: client metrics; 32: group. Empty: all. */
    resourceTypes: array(int8).since(1),
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16,
    configResources: array(struct({ resourceName: string, resourceType: int8.since(1).default(16).ignorable() })),
  },
}))

/** What is asked with {@link ListConfigResources}, decoded: every field is there, in every version. */
export interface ListConfigResourcesRequest extends RequestOf<typeof ListConfigResources> {}
/** What is answered to {@link ListConfigResources}, decoded: every field is there, in every version. */
export interface ListConfigResourcesResponse extends ResponseOf<typeof ListConfigResources> {}
