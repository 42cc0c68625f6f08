import { ZERO_UUID } from '@k/protocol'
import type { FieldFacts, MessageFacts } from './facts.ts'
import type { SpecField, SpecMessage } from './specification.ts'
import { type Versions, versionsOf, within } from './versions.ts'

const scalarZeros: Readonly<Record<string, string>> = { bool: 'false', string: '""', uuid: ZERO_UUID, bytes: 'empty', records: 'empty' }

/** The name of a field here: the specification's, with a small first letter. */
function nameOf({ name }: SpecField): string {
  return name.slice(0, 1).toLowerCase() + name.slice(1)
}

const isNumber = (type: string) => /^u?int\d+$|^float64$/.test(type)
const isScalar = (type: string) => isNumber(type) || Object.hasOwn(scalarZeros, type)

function zeroOf(type: string): string {
  if (type.startsWith('[]')) return 'empty'
  if (isNumber(type)) return '0'
  return scalarZeros[type] ?? 'its fields'
}

function defaultOf({ type, default: given }: SpecField): string {
  // Without quotes null says nothing: Kafka's generator takes it for a default that is not given.
  if (given === undefined || given === null) return zeroOf(type)
  if (given === 'null') return 'null'
  if (type === 'float64') return String(Number(given))
  if (isNumber(type)) return String(BigInt(given))
  return type === 'string' ? JSON.stringify(given) : String(given)
}

/** The version of a message's header, as Kafka's generator of Java classes derives it. */
function headerOf({ name, type }: SpecMessage, flexible: boolean): number {
  if (type === 'request') return flexible ? 2 : 1
  // So that a client can read the answer before it knows what the broker speaks.
  if (name === 'ApiVersionsResponse') return 0
  return flexible ? 1 : 0
}

/** The facts of a message of the specification, in those of its versions that are asked for. */
export function specifiedFacts(message: SpecMessage, versions: Versions): MessageFacts {
  const structs = new Map((message.commonStructs ?? []).map((struct) => [struct.name, struct.fields ?? []]))
  const fields = new Map<string, FieldFacts>()

  const addField = (field: SpecField, prefix: string, parentVersions: Versions) => {
    const path = `${prefix}${nameOf(field)}`
    const element = field.type.replace('[]', '')
    const present = within(parentVersions, field.versions ?? field.taggedVersions ?? '0+')
    const list = field.type === element ? '' : '[]'
    fields.set(path, {
      path,
      type: `${list}${isScalar(element) ? element : 'struct'}`,
      versions: present,
      nullable: within(present, field.nullableVersions ?? 'none'),
      tagged: within(present, field.taggedVersions ?? 'none'),
      tag: field.tag,
      default: defaultOf(field),
      ignorable: field.ignorable ?? false,
      compact: field.flexibleVersions !== 'none',
    })
    for (const inner of field.fields ?? structs.get(element) ?? []) addField(inner, `${path}${list}.`, present)
  }
  for (const field of message.fields ?? []) addField(field, '', versions)

  const flexible = within(versions, message.flexibleVersions ?? 'none')
  const framed = message.type === 'request' || message.type === 'response'
  return {
    name: message.name,
    versions,
    flexible,
    apiKey: framed ? message.apiKey : undefined,
    headers: new Map(framed ? versions.map((version) => [version, headerOf(message, flexible.includes(version))]) : []),
    latestStable: message.type === 'request' ? latestStable(message) : undefined,
    fields,
  }
}

function latestStable({ validVersions, latestVersionUnstable }: SpecMessage): number | undefined {
  const latest = versionsOf(validVersions).at(-1)
  return latest === undefined ? undefined : latest - (latestVersionUnstable ? 1 : 0)
}
