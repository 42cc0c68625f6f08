import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { boolean, int8, int16, int32 } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** Configurations of topics, brokers and other resources, and where each value comes from. */
export const DescribeConfigs = api('DescribeConfigs', 32, { versions: [0, 4], flexible: 4 }, () => ({
  request: {
    resources: array(
      struct({
        /** 2: topic; 4: broker; 8: logger of a broker; 16: client metrics; 32: group. */
        resourceType: int8,
        resourceName: string,
        /** Null: all. */
        configurationKeys: array(string).nullable(),
      }),
    ),
    includeSynonyms: boolean.since(1),
    includeDocumentation: boolean.since(3),
  },
  response: {
    throttleTimeMs: int32,
    results: array(
      struct({
        errorCode: int16,
        errorMessage: string.nullable(),
        /** 2: topic; 4: broker; 8: logger of a broker; 16: client metrics; 32: group. */
        resourceType: int8,
        resourceName: string,
        configs: array(
          struct({
            name: string,
            value: string.nullable(),
            readOnly: boolean,
            /** What configSource says since version 1. */
            isDefault: boolean.until(0),
            /**
             * 1: topic; 2: dynamic, one broker; 3: dynamic, all brokers; 4: file of the broker; 5: default; 6: logger of a broker; 7:
             * client metrics; 8: group.
             */
            configSource: int8.since(1).default(-1).ignorable(),
            isSensitive: boolean,
            /** Every place that says something of it, the strongest first (KIP-226). */
            synonyms: array(struct({ name: string, value: string.nullable(), source: int8 }))
              .since(1)
              .ignorable(),
            /** 1: boolean; 2: string; 3: int; 4: short; 5: long; 6: double; 7: list; 8: class; 9: password. */
            configType: int8.since(3).ignorable(),
            documentation: string.since(3).nullable().ignorable(),
          }),
        ),
      }),
    ),
  },
}))

/** What is asked with {@link DescribeConfigs}, decoded: every field is there, in every version. */
export interface DescribeConfigsRequest extends RequestOf<typeof DescribeConfigs> {}
/** What is answered to {@link DescribeConfigs}, decoded: every field is there, in every version. */
export interface DescribeConfigsResponse extends ResponseOf<typeof DescribeConfigs> {}
