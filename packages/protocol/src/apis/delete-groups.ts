import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { int16, int32 } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** Deletes groups that have no members. Answered by their coordinators. */
export const DeleteGroups = api('DeleteGroups', 42, { versions: [0, 3], flexible: 2 }, () => ({
  request: {
    groupsNames: array(string),
  },
  response: {
    throttleTimeMs: int32,
    results: array(
      struct({
        groupId: string,
        errorCode: int16,
        errorMessage: string.since(3).nullable().default(null).ignorable(),
      }),
    ),
  },
}))

/** What is asked with {@link DeleteGroups}, decoded: every field is there, in every version. */
export interface DeleteGroupsRequest extends RequestOf<typeof DeleteGroups> {}
/** What is answered to {@link DeleteGroups}, decoded: every field is there, in every version. */
export interface DeleteGroupsResponse extends ResponseOf<typeof DeleteGroups> {}
