import * as protocol from '@k/protocol'
import {
  type AnyApi,
  type FieldDescription,
  type FieldRules,
  Message,
  requestHeaderVersion,
  responseHeaderVersion,
  type Type,
} from '@k/protocol'
import type { FieldFacts, MessageFacts } from './facts.ts'
import { describeVersions, type Versions, versionsOf } from './versions.ts'

/** A message of ours, and what its API says of it. */
export interface Declared {
  readonly name: string
  readonly versions: Versions
  /** What is true of it in some versions, which may go beyond those that are declared. */
  facts(versions: Versions): MessageFacts
}

const isApi = (value: unknown): value is AnyApi => typeof value === 'object' && value !== null && 'fixedResponseHeader' in value

function describeDefault(type: Type, { default: given }: FieldRules): string {
  const value = given === undefined ? type.zero() : given
  if (value === null) return 'null'
  if (typeof value === 'string') return type.name === 'uuid' ? value : JSON.stringify(value)
  if (typeof value !== 'object') return String(value)
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length === 0 ? 'empty' : `[${value}]`
  return given === undefined ? 'its fields' : 'fields of its own'
}

function fieldFacts(shape: Readonly<Record<string, FieldDescription>>, versions: Versions, prefix = ''): FieldFacts[] {
  return Object.entries(shape).flatMap(([name, { type, rules }]) => {
    const path = `${prefix}${name}`
    const present = versions.filter((version) => version >= rules.since && version <= rules.until)
    const own: FieldFacts = {
      path,
      type: type.name,
      versions: present,
      nullable: present.filter((version) => version >= rules.nullableSince),
      tagged: present.filter((version) => version >= rules.taggedSince),
      tag: rules.tag,
      default: describeDefault(type, rules),
      ignorable: rules.ignorable,
      compact: !rules.neverCompact,
    }
    const list = type.name.startsWith('[]') ? '[]' : ''
    return [own, ...fieldFacts(type.fields ?? {}, present, `${path}${list}.`)]
  })
}

/** One message, outside or inside an API. */
export function declare(message: Message, api?: AnyApi): Declared {
  const { name, versions, flexible } = message
  const isRequest = message === api?.request
  const header = isRequest ? requestHeaderVersion : responseHeaderVersion
  return {
    name,
    versions: versionsOf(`${versions.min}-${versions.max}`),
    facts: (asked) => ({
      name,
      versions: asked,
      flexible: asked.filter((version) => version >= flexible),
      apiKey: api?.key,
      headers: new Map(api === undefined ? [] : asked.map((version) => [version, header(api, version)])),
      latestStable: isRequest ? api.latestStable : undefined,
      fields: new Map(fieldFacts(message.shape, asked).map((facts) => [facts.path, facts])),
    }),
  }
}

/** Both messages of an API. */
export function declareApi(api: AnyApi): readonly Declared[] {
  return [declare(api.request, api), declare(api.response, api)]
}

const exported: readonly unknown[] = Object.values(protocol)

/** Every API of @k/protocol, by key. */
export const apis: readonly AnyApi[] = exported.filter(isApi).sort((a, b) => a.key - b.key)
/** Every message of @k/protocol that belongs to no API. */
export const standalone: readonly Message[] = exported.filter((value) => value instanceof Message)
/** Every message of @k/protocol. */
export const declarations: readonly Declared[] = [...apis.flatMap(declareApi), ...standalone.map((message) => declare(message))]

/** Versions of an API for people: `0-6 (6 unstable)`. */
export function describeApiVersions({ versions, latestStable }: AnyApi): string {
  const all = versionsOf(`${versions.min}-${versions.max}`)
  const unstable = all.filter((version) => version > latestStable)
  return `${describeVersions(all)}${unstable.length === 0 ? '' : ` (${describeVersions(unstable)} unstable)`}`
}
