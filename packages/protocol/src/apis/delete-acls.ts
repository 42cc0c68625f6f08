import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { int8, int16, int32 } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** Removes the access rules that match filters. */
export const DeleteAcls = api('DeleteAcls', 31, { versions: [0, 3], flexible: 2 }, () => ({
  request: {
    filters: array(
      struct({
        /** 1: any; 2: topic; 3: group; 4: cluster; 5: transactional id; 6: delegation token; 7: user. */
        resourceTypeFilter: int8,
        /** Null: any. */
        resourceNameFilter: string.nullable(),
        /** 1: any; 2: whatever matches the name; 3: literal; 4: prefixed. */
        patternTypeFilter: int8.since(1).default(3),
        /** Null: any. */
        principalFilter: string.nullable(),
        /** Null: any. */
        hostFilter: string.nullable(),
        operation: int8,
        permissionType: int8,
      }),
    ),
  },
  response: {
    throttleTimeMs: int32,
    /** One for each filter, in the order of the request. */
    filterResults: array(
      struct({
        errorCode: int16,
        errorMessage: string.nullable(),
        matchingAcls: array(
          struct({
            errorCode: int16,
            errorMessage: string.nullable(),
            resourceType: int8,
            resourceName: string,
            patternType: int8.since(1).default(3),
            principal: string,
            host: string,
            operation: int8,
            permissionType: int8,
          }),
        ),
      }),
    ),
  },
}))

/** What is asked with {@link DeleteAcls}, decoded: every field is there, in every version. */
export interface DeleteAclsRequest extends RequestOf<typeof DeleteAcls> {}
/** What is answered to {@link DeleteAcls}, decoded: every field is there, in every version. */
export interface DeleteAclsResponse extends ResponseOf<typeof DeleteAcls> {}
