import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { boolean, float64, int16, int32 } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** Sets or removes quotas (KIP-546). */
export const AlterClientQuotas = api('AlterClientQuotas', 49, { versions: [0, 1], flexible: 1 }, () => {
  const entityPart = struct({ entityType: string, entityName: string.nullable() })
  return {
    request: {
      entries: array(
        struct({
          entity: array(entityPart),
          ops: array(
            struct({
              /**
               * "producer_byte_rate", "consumer_byte_rate", "request_percentage", "controller_mutation_rate", "connection_creation_rate".
               */
              key: string,
              value: float64,
              /** Remove it; the value is then of no meaning. */
              remove: boolean,
            }),
          ),
        }),
      ),
      validateOnly: boolean,
    },
    response: {
      throttleTimeMs: int32,
      entries: array(
        struct({
          errorCode: int16,
          errorMessage: string.nullable(),
          entity: array(entityPart),
        }),
      ),
    },
  }
})

/** What is asked with {@link AlterClientQuotas}, decoded: every field is there, in every version. */
export interface AlterClientQuotasRequest extends RequestOf<typeof AlterClientQuotas> {}
/** What is answered to {@link AlterClientQuotas}, decoded: every field is there, in every version. */
export interface AlterClientQuotasResponse extends ResponseOf<typeof AlterClientQuotas> {}
