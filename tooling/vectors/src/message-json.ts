import type { FieldDescription, Type } from '@k/protocol'
import { expectSame, Mismatch } from './outcome.ts'

/** A value as the vectors write it: int64 as decimal strings, bytes as base64. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }

type Fields = Readonly<Record<string, FieldDescription>>
type Values = Readonly<Record<string, unknown>>

// Arrays of scalars say what they hold in their name alone.
const elementName = (type: Type) => type.name.slice('[]'.length)

function scalarFromJson(name: string, json: Json): unknown {
  switch (name) {
    case 'int64':
      return BigInt(json as string)
    case 'float64':
      return Number(json)
    case 'bytes':
    case 'records':
      return Buffer.from(json as string, 'base64')
    default:
      return json
  }
}

function valueFromJson(path: string, type: Type, json: Json): unknown {
  if (json === null) return null
  if (Array.isArray(json)) {
    const { fields } = type
    if (fields !== undefined) return json.map((element, i) => structFromJson(`${path}[${i}]`, fields, element))
    return json.map((element) => scalarFromJson(elementName(type), element))
  }
  return type.fields === undefined ? scalarFromJson(type.name, json) : structFromJson(path, type.fields, json)
}

/** What encoding takes, from a vector's JSON. Fields that the JSON leaves out are left out. */
export function structFromJson(path: string, fields: Fields, json: Json): Values {
  return Object.fromEntries(
    Object.entries(json as Values).map(([name, value]) => {
      const field = fields[name]
      if (field === undefined) throw new Mismatch(`${path}.${name}`, value, 'a message without this field')
      return [name, valueFromJson(`${path}.${name}`, field.type, value as Json)]
    }),
  )
}

/** What a field holds where a message says nothing of it. */
export function defaultOf({ type, rules }: FieldDescription): unknown {
  return rules.default === undefined ? type.zero() : rules.default
}

/** A message of defaults. */
export function defaultsOf(fields: Fields): Values {
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, defaultOf(field)]))
}

function expectScalar(path: string, name: string, json: Json, got: unknown): void {
  if (name === 'bytes' || name === 'records') expectSame(path, json, (got as Buffer | null)?.toString('base64') ?? null)
  else expectSame(path, json === null ? null : scalarFromJson(name, json), got)
}

function expectValue(path: string, type: Type, json: Json, got: unknown): void {
  if (json === null || got === null) expectSame(path, json, got)
  else if (Array.isArray(json)) expectArray(path, type, json, got as readonly unknown[])
  else if (type.fields === undefined) expectScalar(path, type.name, json, got)
  else expectStruct(path, type.fields, json, got)
}

function expectArray(path: string, type: Type, json: readonly Json[], got: readonly unknown[]): void {
  expectSame(`${path}.length`, json.length, got.length)
  json.forEach((element, i) => {
    if (type.fields === undefined) expectScalar(`${path}[${i}]`, elementName(type), element, got[i])
    else expectStruct(`${path}[${i}]`, type.fields, element, got[i])
  })
}

/** Compares a decoded struct with a vector's JSON: what the JSON leaves out must hold its default, and no field may be missing or too many. */
export function expectStruct(path: string, fields: Fields, json: Json, got: unknown): void {
  const expected = json as { readonly [name: string]: Json }
  const values = got as Values
  for (const name of Object.keys(expected)) {
    if (fields[name] === undefined) throw new Mismatch(`${path}.${name}`, expected[name], 'a message without this field')
  }
  expectSame(`${path}, its fields`, Object.keys(fields).join(), Object.keys(values).join())
  for (const [name, field] of Object.entries(fields)) {
    const value = expected[name]
    if (value !== undefined) expectValue(`${path}.${name}`, field.type, value, values[name])
    else if (!field.type.equals(values[name], defaultOf(field))) throw new Mismatch(`${path}.${name}`, defaultOf(field), values[name])
  }
}
