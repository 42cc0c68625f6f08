import { KafkaError } from '../errors/kafka-error.ts'
import type { Reader } from '../wire/reader.ts'
import type { Writer } from '../wire/writer.ts'
import { type AnyField, Field, type InputOf, type Kind, NEVER, type OutputOf, type Shape } from './field.ts'
import { refuse } from './lengths.ts'
import { sameValue } from './same-value.ts'
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
  return since === 0 && until === NEVER && tag === undefined && fallback === undefined
}

function pathOf({ path }: Context, name: string): string {
  return path && name ? `${path}.${name}` : path || name
}

/** Composes the codec of a shape in one version. */
export function compileShape(shape: Shape, context: Context): FieldCodec {
  const { version, flexible } = context
  const names: string[] = []
  const codecs: FieldCodec[] = []
  // What is written where nothing is given; undefined where something must be.
  const fallbacks: unknown[] = []
  const tagged: TaggedField[] = []
  const refused: string[] = []
  const blank: Values = {}
  for (const [name, field] of Object.entries(shape)) {
    const { since, until, nullableSince, tag, taggedSince, ignorable, neverCompact } = field.rules
    blank[name] = defaultOf(field)
    if (version < since || version > until) {
      if (!ignorable) refused.push(name)
      continue
    }
    const isTagged = tag !== undefined && version >= taggedSince
    const inner = { ...context, flexible: flexible && !neverCompact, tagged: isTagged, path: pathOf(context, name) }
    const codec = field.type.compile(inner, version >= nullableSince)
    if (isTagged) {
      tagged.push({ tag, name, codec })
    } else {
      names.push(name)
      codecs.push(codec)
      fallbacks.push(isRequired(field) ? undefined : blank[name])
    }
  }
  tagged.sort((a, b) => a.tag - b.tag)

  const count = names.length
  const isGiven = (values: Values, name: string) => values[name] !== undefined && !sameValue(values[name], blank[name])
  const givenTagged = (values: Values) => (tagged.length === 0 ? tagged : tagged.filter(({ name }) => isGiven(values, name)))
  return {
    minSize: codecs.reduce((sum, codec) => sum + codec.minSize, flexible ? 1 : 0),
    read(reader: Reader): Values {
      // A clone of one object: every struct of a message has the same hidden class, whatever the version.
      const values = { ...blank }
      for (let i = 0; i < count; i++) values[names[i] as string] = (codecs[i] as FieldCodec).read(reader)
      if (flexible) readTagged(reader, tagged, values)
      return values
    },
    write(writer: Writer, value: unknown): void {
      let name = ''
      try {
        if (value === null && context.path !== '') refuse(context, context.path, 'takes no null for')
        if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TypeError('it must be an object')
        const values = value as Values
        for (const absent of refused) if (isGiven(values, absent)) refuse(context, pathOf(context, absent), 'has no')
        for (let i = 0; i < count; i++) {
          name = names[i] as string
          let given = values[name]
          if (given === undefined) {
            given = fallbacks[i]
            if (given === undefined) throw new TypeError('it is missing')
          }
          ;(codecs[i] as FieldCodec).write(writer, given)
        }
        if (!flexible) return
        const given = givenTagged(values)
        writer.unsignedVarint(given.length)
        for (const field of given) {
          name = field.name
          writeTagged(writer, field, values[name])
        }
      } catch (error) {
        throw KafkaError.is(error) ? error : unfit(pathOf(context, name), context, error)
      }
    },
  }
}

/** The error of a value that is none of its type: a number out of range, a number where a bigint belongs. */
function unfit(path: string, { message, version }: Context, cause: unknown): KafkaError {
  const what = `${path || 'a body'} of ${message} version ${version} cannot be encoded: ${(cause as Error).message}`
  return new KafkaError('INVALID_ARGUMENT', what, { cause })
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

function zeroOf(shape: Shape): unknown {
  return Object.freeze(Object.fromEntries(Object.entries(shape).map(([name, field]) => [name, defaultOf(field)])))
}

/** A struct inside a message. */
export function struct<S extends Shape>(shape: S): Field<StructOf<S>> {
  const type: Type = {
    name: 'struct',
    fields: shape,
    zero: () => zeroOf(shape),
    equals: sameValue,
    compile(context, nullable) {
      const codec = compileShape(shape, context)
      return nullable ? compileNullable(codec, context) : codec
    },
  }
  return new Field(type)
}
