import type { FieldDescription, Message } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { apis, messages, standaloneMessages } from './declared.ts'

interface Place {
  readonly path: string
  readonly field: FieldDescription
  /** The versions that have the struct around the field. */
  readonly around: readonly [number, number]
}

function* fieldsOf(path: string, fields: Readonly<Record<string, FieldDescription>>, around: readonly [number, number]): Generator<Place> {
  for (const [name, field] of Object.entries(fields)) {
    const at = `${path}.${name}`
    yield { path: at, field, around }
    const { since, until } = field.rules
    if (field.type.fields) yield* fieldsOf(at, field.type.fields, [Math.max(since, around[0]), Math.min(until, around[1])])
  }
}

const allFields = (message: Message) => [...fieldsOf(message.name, message.shape, [message.versions.min, message.versions.max])]

/** Every struct: the message itself, and those inside it. */
function structsOf(message: Message): [path: string, fields: Readonly<Record<string, FieldDescription>>][] {
  const inner = allFields(message).flatMap(({ path, field }) => (field.type.fields ? ([[path, field.type.fields]] as const) : []))
  return [
    [message.name, message.shape],
    ...inner.map(([path, fields]): [string, Readonly<Record<string, FieldDescription>>] => [path, fields]),
  ]
}

describe('the declared APIs', () => {
  it('are exported by their own name, requests and responses named after them', () => {
    for (const [name, api] of apis) {
      expect([api.name, api.request.name, api.response.name]).toEqual([name, `${name}Request`, `${name}Response`])
    }
    for (const [name, message] of standaloneMessages) expect(message.name).toBe(name)
  })

  it('have keys of their own', () => {
    expect(new Set(apis.map(([, { key }]) => key)).size).toBe(apis.length)
    expect(apis.length).toBeGreaterThan(80)
  })

  it('have a latest stable version among their versions', () => {
    for (const [, { versions, latestStable, name }] of apis) {
      expect([versions.min <= latestStable, latestStable <= versions.max], name).toEqual([true, true])
    }
  })
})

describe('the fields of all messages', () => {
  const all = messages.flatMap((message) => allFields(message).map((place) => ({ ...place, message })))

  it('say only of versions what the struct around them leaves open', () => {
    for (const { path, field, around } of all) {
      const { since, until } = field.rules
      if (since > 0) expect(since > around[0] && since <= around[1], `${path} since ${since}`).toBe(true)
      if (until !== Number.POSITIVE_INFINITY) expect(until >= around[0] && until < around[1], `${path} until ${until}`).toBe(true)
    }
  })

  it('are tagged in flexible versions alone', () => {
    for (const { path, field, around, message } of all) {
      const { tag, taggedSince, since } = field.rules
      if (tag !== undefined) expect(Math.max(taggedSince, since, around[0]), path).toBeGreaterThanOrEqual(message.flexible)
    }
  })

  it('are null by default only where they may be null in every version that they have', () => {
    for (const { path, field, around } of all) {
      const { nullableSince, since } = field.rules
      if (field.rules.default === null) expect(nullableSince, path).toBeLessThanOrEqual(Math.max(since, around[0]))
    }
  })

  it('have tags of their own in their struct', () => {
    for (const [path, fields] of messages.flatMap(structsOf)) {
      const tags = Object.values(fields).flatMap(({ rules }) => (rules.tag === undefined ? [] : [rules.tag]))
      expect(new Set(tags).size, path).toBe(tags.length)
    }
  })
})
