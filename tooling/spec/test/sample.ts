import { array, int32, int64, message, records, type Shape, string, struct, uuid } from '@k/protocol'
import { type Declared, declare } from '../src/declared.ts'
import { parseMessage, type Specification, type SpecMessage } from '../src/specification.ts'

/** A message of the specification that uses all that its language has. */
export const specifiedText = `
// A comment, and "another" // within.
{
  "type": "data", "name": "Sample",
  "validVersions": "1-4", // 5 is to come
  "flexibleVersions": "3+",
  "fields": [
    { "name": "Url", "type": "string", "versions": "0+", "default": "http://a", "about": "A // that is no comment." },
    { "name": "Topics", "type": "[]Topic", "versions": "1+", "nullableVersions": "2+", "default": null, "fields": [ // not "null"
      { "name": "TopicId", "type": "uuid", "versions": "2+", "ignorable": true },
      { "name": "Partition", "type": "int32", "versions": "1-2", "default": "0x7fffffff" }
    ]},
    { "name": "Leader", "type": "Node", "taggedVersions": "3+", "tag": 0 },
    { "name": "Others", "type": "[]Node", "versions": "4+" },
    { "name": "ClientId", "type": "string", "versions": "1+", "nullableVersions": "1+", "default": "null", "flexibleVersions": "none" },
    { "name": "Data", "type": "records", "versions": "1+" }
  ],
  "commonStructs": [{ "name": "Node", "versions": "3+", "fields": [{ "name": "Epoch", "type": "int64", "versions": "3+", "default": -1 }] }]
}`

const node = struct({ epoch: int64.default(-1n) })

/** What a message of that specification is declared as. */
export const shape = {
  url: string.default('http://a'),
  topics: array(struct({ topicId: uuid.since(2).ignorable(), partition: int32.since(1).until(2).default(0x7fffffff) })).nullable(2),
  leader: node.since(3).tagged(0),
  others: array(node).since(4),
  clientId: string.nullable(1).default(null).neverCompact(),
  data: records,
}

/** A declaration of the sample. */
export function declareSample(fields: Shape = shape, flexible = 3): Declared {
  return declare(message('Sample', { versions: [1, 4], flexible }, () => fields))
}

/** A specification of some messages. */
export function specificationOf(version: string, ...messages: SpecMessage[]): Specification {
  return { version, messages: new Map(messages.map((each) => [each.name, each])) }
}

/** The sample's specification, with some of its lines changed. */
export function sample(changes: Partial<SpecMessage> = {}): SpecMessage {
  return { ...parseMessage(specifiedText), ...changes }
}
