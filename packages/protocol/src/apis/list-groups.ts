import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { int16, int32 } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** The groups that a broker coordinates. */
export const ListGroups = api('ListGroups', 16, { versions: [0, 5], flexible: 3 }, () => ({
  request: {
    /** Empty: all (KIP-518). */
    statesFilter: array(string).since(4),
    /** Empty: all (KIP-848). */
    typesFilter: array(string).since(5),
  },
  response: {
    throttleTimeMs: int32.since(1).ignorable(),
    errorCode: int16,
    groups: array(
      struct({
        groupId: string,
        protocolType: string,
        groupState: string.since(4).ignorable(),
        groupType: string.since(5).ignorable(),
      }),
    ),
  },
}))

/** What is asked with {@link ListGroups}, decoded: every field is there, in every version. */
export interface ListGroupsRequest extends RequestOf<typeof ListGroups> {}
/** What is answered to {@link ListGroups}, decoded: every field is there, in every version. */
export interface ListGroupsResponse extends ResponseOf<typeof ListGroups> {}
