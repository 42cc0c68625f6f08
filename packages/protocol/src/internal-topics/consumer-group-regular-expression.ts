import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { message } from '../schema/message.ts'
import { int64 } from '../schema/scalars.ts'

/** Which regular expression of which consumer group was resolved. */
export const ConsumerGroupRegularExpressionKey = message('ConsumerGroupRegularExpressionKey', { versions: [0, 0] }, () => ({
  groupId: string,
  regularExpression: string,
}))

/** The topics that a regular expression matched when it was resolved. */
export const ConsumerGroupRegularExpressionValue = message(
  'ConsumerGroupRegularExpressionValue',
  { versions: [0, 0], flexible: 0 },
  () => ({
    topics: array(string),
    /** Of the metadata that it was resolved against. */
    version: int64,
    /** Milliseconds since the epoch. */
    timestamp: int64,
  }),
)
