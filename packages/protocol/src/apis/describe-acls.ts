import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { int8, int16, int32 } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** The access rules that match a filter. Answered by any node that has an authorizer. */
export const DescribeAcls = api('DescribeAcls', 29, { versions: [0, 3], flexible: 2 }, () => ({
  request: {
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
    /**
     * 1: any; 2: all; 3: read; 4: write; 5: create; 6: delete; 7: alter; 8: describe; 9: cluster action; 10 and 11: describe and alter
     * configs; 12: idempotent write; 13 and 14: create and describe tokens; 15: two-phase commit.
     */
    operation: int8,
    /** 1: any; 2: deny; 3: allow. */
    permissionType: int8,
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16,
    errorMessage: string.nullable(),
    resources: array(
      struct({
        /** 2: topic; 3: group; 4: cluster; 5: transactional id; 6: delegation token; 7: user. */
        resourceType: int8,
        resourceName: string,
        /** 3: literal; 4: prefixed. */
        patternType: int8.since(1).default(3),
        acls: array(struct({ principal: string, host: string, operation: int8, permissionType: int8 })),
      }),
    ),
  },
}))

/** What is asked with {@link DescribeAcls}, decoded: every field is there, in every version. */
export interface DescribeAclsRequest extends RequestOf<typeof DescribeAcls> {}
/** What is answered to {@link DescribeAcls}, decoded: every field is there, in every version. */
export interface DescribeAclsResponse extends ResponseOf<typeof DescribeAcls> {}
