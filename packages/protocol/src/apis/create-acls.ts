import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { int8, int16, int32 } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** Adds access rules. */
export const CreateAcls = api('CreateAcls', 30, { versions: [0, 3], flexible: 2 }, () => ({
  request: {
    creations: array(
      struct({
        /** 2: topic; 3: group; 4: cluster; 5: transactional id; 6: delegation token; 7: user. */
        resourceType: int8,
        resourceName: string,
        /** 3: literal; 4: prefixed. */
        resourcePatternType: int8.since(1).default(3),
        /** "User:alice". */
        principal: string,
        /** "*": from anywhere. */
        host: string,
        /**
         * 2: all; 3: read; 4: write; 5: create; 6: delete; 7: alter; 8: describe; 9: cluster action; 10 and 11: describe and alter configs;
         * 12: idempotent write; 13 and 14: create and describe tokens; 15: two-phase commit.
         */
        operation: int8,
        /** 2: deny; 3: allow. */
        permissionType: int8,
      }),
    ),
  },
  response: {
    throttleTimeMs: int32,
    /** One for each rule, in the order of the request. */
    results: array(struct({ errorCode: int16, errorMessage: string.nullable() })),
  },
}))

/** What is asked with {@link CreateAcls}, decoded: every field is there, in every version. */
export interface CreateAclsRequest extends RequestOf<typeof CreateAcls> {}
/** What is answered to {@link CreateAcls}, decoded: every field is there, in every version. */
export interface CreateAclsResponse extends ResponseOf<typeof CreateAcls> {}
