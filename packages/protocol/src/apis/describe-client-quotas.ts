import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { boolean, float64, int8, int16, int32 } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** The quotas that match a filter (KIP-546). */
export const DescribeClientQuotas = api('DescribeClientQuotas', 48, { versions: [0, 1], flexible: 1 }, () => ({
  request: {
    components: array(
      struct({
        /** "user", "client-id" or "ip". */
        entityType: string,
        /** 0: this name; 1: the default; 2: any name. */
        matchType: int8,
        match: string.nullable(),
      }),
    ),
    /** Leave out quotas that also name other types of entity. */
    strict: boolean,
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16,
    errorMessage: string.nullable(),
    entries: array(
      struct({
        entity: array(
          struct({
            entityType: string,
            /** Null: the default. */
            entityName: string.nullable(),
          }),
        ),
        values: array(struct({ key: string, value: float64 })),
      }),
    ).nullable(),
  },
}))

/** What is asked with {@link DescribeClientQuotas}, decoded: every field is there, in every version. */
export interface DescribeClientQuotasRequest extends RequestOf<typeof DescribeClientQuotas> {}
/** What is answered to {@link DescribeClientQuotas}, decoded: every field is there, in every version. */
export interface DescribeClientQuotasResponse extends ResponseOf<typeof DescribeClientQuotas> {}
