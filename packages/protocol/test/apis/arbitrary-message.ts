import { type FieldDescription, ZERO_UUID } from '@k/protocol'
import fc from 'fast-check'

type Fields = Readonly<Record<string, FieldDescription>>

const integer = (bits: number) => fc.integer({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 })
const unsigned = (bits: number) => fc.integer({ min: 0, max: 2 ** bits - 1 })
const blob = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes))

const scalars: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  bool: fc.boolean(),
  int8: integer(8),
  int16: integer(16),
  uint16: unsigned(16),
  int32: integer(32),
  uint32: unsigned(32),
  int64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  float64: fc.double({ noNaN: true }),
  string: fc.string({ unit: 'grapheme', maxLength: 20 }),
  uuid: fc.oneof(
    fc.constant(ZERO_UUID),
    fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes).toString('base64url')),
  ),
  bytes: blob,
  records: blob,
}

function arbitraryValue({ type }: FieldDescription, version: number): fc.Arbitrary<unknown> {
  const isArray = type.name.startsWith('[]')
  const element = type.fields === undefined ? scalars[type.name.replace('[]', '')] : arbitraryStruct(type.fields, version)
  if (element === undefined) throw new Error(`no values of type ${type.name}`)
  return isArray ? fc.array(element, { maxLength: 3 }) : element
}

/** Whether a version has a field. */
export function hasField({ rules }: FieldDescription, version: number): boolean {
  return version >= rules.since && version <= rules.until
}

/** What a field holds where nothing is said of it. */
export function defaultOf({ type, rules }: FieldDescription): unknown {
  return rules.default === undefined ? type.zero() : rules.default
}

/** Any value that a field can carry in `version`. */
export function arbitraryField(field: FieldDescription, version: number): fc.Arbitrary<unknown> {
  const value = arbitraryValue(field, version)
  return version >= field.rules.nullableSince ? fc.option(value, { freq: 4 }) : value
}

/** Any value that a struct can carry in `version`; what the version lacks holds its default, as it does when decoded. */
export function arbitraryStruct(fields: Fields, version: number): fc.Arbitrary<Record<string, unknown>> {
  return fc.record(
    Object.fromEntries(
      Object.entries(fields).map(([name, field]) => [
        name,
        hasField(field, version) ? arbitraryField(field, version) : fc.constant(defaultOf(field)),
      ]),
    ),
    { noNullPrototype: true },
  )
}
