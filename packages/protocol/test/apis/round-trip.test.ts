import { type FieldDescription, type Message, UnsupportedVersionError } from '@k/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { arbitraryField, arbitraryStruct, defaultOf, hasField } from './arbitrary-message.ts'
import { messages, versionsOf } from './declared.ts'

// One seed, so that a failure comes again; the vectors and the fuzzer bring the variety.
const seed = 4
const numRuns = 6
const { min, max } = { min: -1, max: 1000 }

function roundTrip(message: Message, version: number): void {
  fc.assert(
    fc.property(arbitraryStruct(message.shape, version), (value) => {
      const bytes = message.encode(version, value)
      expect(message.decode(version, bytes)).toEqual(value)
    }),
    { seed, numRuns },
  )
}

interface Absence {
  /** As an error names it: `topics[].partitions[].offset`. */
  readonly path: string
  readonly field: FieldDescription
  /** Puts a value of the field into a message that holds little else. */
  readonly embed: (value: unknown) => Record<string, unknown>
}

type Fields = Readonly<Record<string, FieldDescription>>

const defaults = (fields: Fields) => Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, defaultOf(field)]))

/** The fields that `version` lacks, in structs that it has. */
function* absences(fields: Fields, version: number, path: string, around: Absence['embed']): Generator<Absence> {
  for (const [name, field] of Object.entries(fields)) {
    const at = path === '' ? name : `${path}.${name}`
    const embed = (value: unknown) => around({ ...defaults(fields), [name]: value })
    const isArray = field.type.name.startsWith('[]')
    if (!hasField(field, version)) yield { path: at, field, embed }
    else if (field.type.fields) {
      yield* absences(field.type.fields, version, isArray ? `${at}[]` : at, (value) => embed(isArray ? [value] : value))
    }
  }
}

function someVersionOf({ rules }: FieldDescription): number {
  return Math.max(min, rules.since === 0 ? Math.min(rules.until, max) : rules.since)
}

function checkAbsence(message: Message, version: number, { path, field, embed }: Absence): void {
  const values = arbitraryField(field, someVersionOf(field)).filter((value) => !field.type.equals(value, defaultOf(field)))
  const bare = message.encode(version, embed(defaultOf(field)))
  fc.assert(
    fc.property(values, (value) => {
      if (field.rules.ignorable) {
        expect(message.encode(version, embed(value)).equals(bare)).toBe(true)
        return
      }
      let thrown: unknown
      try {
        message.encode(version, embed(value))
      } catch (error) {
        thrown = error
      }
      expect(UnsupportedVersionError.is(thrown), `${message.name} ${version} ${path}: ${thrown}`).toBe(true)
      expect(thrown).toMatchObject({ api: message.name, version, field: path })
    }),
    { seed, numRuns: 3 },
  )
}

describe.each(messages.map((message) => [message.name, message] as const))('%s', (_, message) => {
  it('comes back as it went, in every version', () => {
    for (const version of versionsOf(message)) roundTrip(message, version)
  })

  it('refuses or leaves out what a version lacks', () => {
    for (const version of versionsOf(message)) {
      for (const absence of absences(message.shape, version, '', (value) => value as Record<string, unknown>)) {
        checkAbsence(message, version, absence)
      }
    }
  })

  it('tells message, version and position where bytes are missing', () => {
    for (const version of versionsOf(message)) {
      const [value] = fc.sample(arbitraryStruct(message.shape, version), { seed, numRuns: 1 })
      const bytes = message.encode(version, value as Record<string, unknown>)
      for (let size = 0; size < Math.min(bytes.length, 200); size++) {
        const refused = { code: 'MALFORMED_MESSAGE', api: message.name, version, position: expect.any(Number) }
        expect(() => message.decode(version, bytes.subarray(0, size))).toThrow(expect.objectContaining(refused))
      }
    }
  })
})
