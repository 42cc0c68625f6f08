import { KafkaError } from '../errors/kafka-error.ts'
import { UnsupportedVersionError } from '../errors/unsupported-version-error.ts'
import type { Reader } from '../wire/reader.ts'
import type { Writer } from '../wire/writer.ts'
import { type AnyField, Field, type InputOf, type Kind, type OutputOf, type Shape } from './field.ts'
import { refuseNull } from './lengths.ts'
import { readTagged, type TaggedField, writeTagged } from './tagged.ts'
import type { Context, FieldCodec, Type } from './type.ts'

/** A struct by its shape: the types derive from it only where they are asked for, which keeps the published declarations small. */
export interface StructOf<S extends Shape> extends Kind {
  /** What may be handed in: fields with a default may be left out. */
  readonly in: InputOf<S>
  /** What comes out: every field is there. */
  readonly out: OutputOf<S>
}

type Values = Record<string, unknown>

/** What a field holds where nothing is given. */
function defaultOf(field: AnyField): unknown {
  return field.rules.default === undefined ? field.type.zero() : field.rules.default
}

/** Whether a field must be given: what {@link InputOf} says of the types. */
function isRequired({ rules }: AnyField): boolean {
  const { since, until, tag, default: fallback } = rules
  return since === 0 && until === Number.POSITIVE_INFINITY && tag === undefined && fallback === undefined
}

function pathOf(context: Context, name: string): string {
  return context.path === '' ? name : `${context.path}.${name}`
}

/** Composes the codec of a shape in one version. */
export function compileShape(shape: Shape, context: Context): FieldCodec {
  const names: string[] = []
  const codecs: FieldCodec[] = []
  const defaults: unknown[] = []
  const required: boolean[] = []
  const tagged: TaggedField[] = []
  const refused: { name: string; field: AnyField; default: unknown }[] = []
  const blank: Values = {}
  for (const [name, field] of Object.entries(shape)) {
    const { since, until, nullableSince, tag, taggedSince, ignorable, neverCompact } = field.rules
    const fallback = defaultOf(field)
    blank[name] = fallback
    if (context.version < since || context.version > until) {
      if (!ignorable) refused.push({ name, field, default: fallback })
      continue
    }
    const flexible = context.flexible && !neverCompact
    const isTagged = tag !== undefined && context.version >= taggedSince
    const inner = { ...context, flexible, tagged: isTagged, path: pathOf(context, name) }
    const codec = field.type.compile(inner, context.version >= nullableSince)
    if (isTagged) {
      tagged.push({ tag, name, codec, default: fallback, equals: field.type.equals })
    } else {
      names.push(name)
      codecs.push(codec)
      defaults.push(fallback)
      required.push(isRequired(field))
    }
  }
  tagged.sort((a, b) => a.tag - b.tag)

  const count = names.length
  return {
    minSize: codecs.reduce((sum, codec) => sum + codec.minSize, context.flexible ? 1 : 0),
    read(reader: Reader): Values {
      // A clone of one object: every struct of a message has the same hidden class, whatever the version.
      const values = { ...blank }
      for (let i = 0; i < count; i++) values[names[i] as string] = (codecs[i] as FieldCodec).read(reader)
      if (context.flexible) readTagged(reader, tagged, values)
      return values
    },
    write(writer: Writer, value: unknown): void {
      if (!isObject(value)) refuseShape(context)
      const values = value
      for (const absent of refused) {
        const given = values[absent.name]
        if (given !== undefined && !absent.field.type.equals(given, absent.default)) refuseField(context, absent.name)
      }
      let at = 0
      try {
        for (; at < count; at++) {
          const given = values[names[at] as string]
          if (given === undefined && required[at]) throw new TypeError('it is missing')
          ;(codecs[at] as FieldCodec).write(writer, given === undefined ? defaults[at] : given)
        }
      } catch (error) {
        throw KafkaError.is(error) ? error : unfit(context, names[at] as string, error)
      }
      if (context.flexible) writeTagged(writer, tagged, values, (name, error) => unfit(context, name, error))
    },
  }
}

/** The error of a value that is none of its type: a number out of range, a number where a bigint belongs. */
function unfit(context: Context, name: string, cause: unknown): KafkaError {
  const message = `${pathOf(context, name)} of ${context.message} version ${context.version} cannot be encoded: ${(cause as Error).message}`
  return new KafkaError('INVALID_ARGUMENT', message, { cause })
}

function refuseShape({ path, message, version }: Context): never {
  const what = path === '' ? 'a body' : path
  throw new KafkaError('INVALID_ARGUMENT', `${what} of ${message} version ${version} cannot be encoded: it must be an object`)
}

function refuseField(context: Context, name: string): never {
  const field = pathOf(context, name)
  throw new UnsupportedVersionError(`${context.message} version ${context.version} has no ${field}, and its value is not the default`, {
    api: context.message,
    version: context.version,
    field,
  })
}

/** A struct that may be null has a byte before it: 1 for present; for null -1, and in the tagged section, where it is an unsigned varint, 0. */
function compileNullable(codec: FieldCodec, { tagged }: Context): FieldCodec {
  return {
    minSize: 1,
    read(reader) {
      const isNull = tagged ? reader.unsignedVarint() === 0 : reader.int8() < 0
      return isNull ? null : codec.read(reader)
    },
    write(writer, value) {
      writer.int8(value !== null ? 1 : tagged ? 0 : -1)
      if (value !== null) codec.write(writer, value)
    },
  }
}

function compileRequired(codec: FieldCodec, context: Context): FieldCodec {
  return {
    ...codec,
    write(writer, value) {
      if (value === null) refuseNull(context)
      codec.write(writer, value)
    },
  }
}

const isObject = (value: unknown): value is Values => typeof value === 'object' && value !== null && !Array.isArray(value)

function structEquals(shape: Shape, a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (!isObject(a) || !isObject(b)) return false
  return Object.entries(shape).every(([name, field]) => {
    const { [name]: left = defaultOf(field) } = a
    const { [name]: right = defaultOf(field) } = b
    return field.type.equals(left, right)
  })
}

function zeroOf(shape: Shape): unknown {
  return Object.freeze(Object.fromEntries(Object.entries(shape).map(([name, field]) => [name, defaultOf(field)])))
}

/** A struct inside a message. */
export function struct<S extends Shape>(shape: S): Field<StructOf<S>> {
  const type: Type = {
    name: 'struct',
    fields: shape,
    zero: () => zeroOf(shape),
    equals: (a, b) => structEquals(shape, a, b),
    compile(context, nullable) {
      const codec = compileShape(shape, context)
      return nullable ? compileNullable(codec, context) : compileRequired(codec, context)
    },
  }
  return new Field(type)
}
