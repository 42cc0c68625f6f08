import type { Declared } from './declared.ts'
import { describeField, differencesOf } from './difference.ts'
import { isInternalRecord } from './drift.ts'
import { keptVersions, type LeftOut } from './left-out.ts'
import type { Specification, SpecMessage } from './specification.ts'
import { specifiedFacts } from './specified.ts'
import { describeVersions, type Versions, versionsOf, without } from './versions.ts'

/** What another version of Kafka says of one message that the declarations do not say. */
export interface Change {
  readonly message: string
  /** One thing to do each, with its details below it. */
  readonly items: readonly { readonly text: string; readonly details: readonly string[] }[]
}

const item = (text: string, details: readonly string[] = []) => ({ text, details })

function newMessage(message: SpecMessage, versions: Versions): Change {
  const { apiKey, flexible, fields } = specifiedFacts(message, versions)
  const key = apiKey === undefined ? '' : ` of API ${apiKey}`
  const details = [...fields.values()].filter((field) => field.versions.length > 0).map((field) => `${field.path}: ${describeField(field)}`)
  const text = `a new ${message.type === 'data' ? 'message' : message.type}${key}: versions ${describeVersions(versions)}, flexible in ${describeVersions(flexible)}`
  return { message: message.name, items: [item(text, details)] }
}

/** The latest stable version that follows from what is declared already; a new version counts as stable. */
function expectedStable(versions: Versions, declared: Declared, latestStable: number | undefined): number | undefined {
  const latest = versions.at(-1)
  if (latest === undefined || latestStable === undefined) return undefined
  return latest > Math.max(...declared.versions) ? latest : Math.min(latest, latestStable)
}

function changesOfMessage(message: SpecMessage, versions: Versions, before: Versions, declared: Declared): Change {
  const specified = specifiedFacts(message, versions)
  const own = declared.facts(versions)
  const texts = differencesOf(specified, own).map(({ text }) => text)
  const added = without(versions, declared.versions)
  if (added.length > 0) texts.unshift(`new versions: ${describeVersions(added)}; declared are ${describeVersions(declared.versions)}`)
  if (versions.length > 0 && specified.latestStable !== expectedStable(versions, declared, own.latestStable)) {
    texts.push(`the latest stable version is ${specified.latestStable}`)
  }
  const gone = without(before, versions)
  if (gone.length > 0) texts.push(`versions that are gone: ${describeVersions(gone)}; brokers of other releases still speak them`)
  return { message: message.name, items: texts.map((text) => item(text)) }
}

/**
 * What `other` adds to the declarations and changes in them, message by message. New versions of a message are compared as if their numbers
 * were declared already, so that what is listed is what has to be edited.
 * @param current - the specification that the declarations follow
 */
export function changesIn(
  other: Specification,
  current: Specification,
  declarations: readonly Declared[],
  decisions: readonly LeftOut[],
): readonly Change[] {
  const declaredByName = new Map(declarations.map((declared) => [declared.name, declared]))
  const kept = ({ name, validVersions }: SpecMessage) => keptVersions(name, versionsOf(validVersions), decisions)
  const changes = [...other.messages.values()].map((message): Change => {
    const declared = declaredByName.get(message.name)
    const known = current.messages.get(message.name)
    const before = known === undefined ? [] : kept(known)
    const versions = kept(message)
    if (declared !== undefined) return changesOfMessage(message, versions, before, declared)
    return versions.length > 0 ? newMessage(message, versions) : { message: message.name, items: [] }
  })
  const gone = [...current.messages.values()]
    .filter((message) => !other.messages.has(message.name) && kept(message).length > 0 && hasArtifactOf(message, other))
    .map(({ name }): Change => ({ message: name, items: [item('is gone')] }))
  return [...changes, ...gone].filter(({ items }) => items.length > 0).sort((a, b) => (a.message < b.message ? -1 : 1))
}

/** Before 4.0 the records of internal topics are not looked for. */
function hasArtifactOf(message: SpecMessage, other: Specification): boolean {
  return !isInternalRecord(message) || [...other.messages.values()].some(isInternalRecord)
}
