import { api, type RequestOf, type ResponseOf } from '../schema/api.ts'
import { array } from '../schema/array.ts'
import { string } from '../schema/blobs.ts'
import { int16, int32, uuid } from '../schema/scalars.ts'
import { struct } from '../schema/struct.ts'

/** Deletes topics, by name or by id. Answered by the controller. */
export const DeleteTopics = api('DeleteTopics', 20, { versions: [0, 6], flexible: 4 }, () => ({
  request: {
    /** Since version 6; before, topicNames. */
    topics: array(
      struct({
        /** Null where the id says which topic it is. */
        name: string.nullable().default(null),
        topicId: uuid,
      }),
    ).since(6),
    topicNames: array(string).until(5).ignorable(),
    /** How long to wait until the topics are gone. */
    timeoutMs: int32,
  },
  response: {
    throttleTimeMs: int32.since(1).ignorable(),
    responses: array(
      struct({
        /** Null where the topic was named by an id that nobody knows. */
        name: string.nullable(6),
        topicId: uuid.since(6).ignorable(),
        errorCode: int16,
        errorMessage: string.since(5).nullable().default(null).ignorable(),
      }),
    ),
  },
}))

/** What is asked with {@link DeleteTopics}, decoded: every field is there, in every version. */
export interface DeleteTopicsRequest extends RequestOf<typeof DeleteTopics> {}
/** What is answered to {@link DeleteTopics}, decoded: every field is there, in every version. */
export interface DeleteTopicsResponse extends ResponseOf<typeof DeleteTopics> {}
