import { KafkaError } from '../errors/kafka-error.ts'
import { UnsupportedVersionError } from '../errors/unsupported-version-error.ts'
import type { Reader } from '../wire/reader.ts'
import type { Writer } from '../wire/writer.ts'
import { Field, type InputOf, type Kind, NEVER, type OutputOf, type Shape } from './field.ts'
import { refuse } from './lengths.ts'
import { sameValue } from './same-value.ts'
import { type CompiledField, readTagged, writeTagged } from './tagged.ts'
import type { Context, FieldCodec, Type } from './type.ts'

/** A struct by its shape: the types derive from it only where they are asked for, which keeps the published declarations small. */
export interface StructOf<S extends Shape> extends Kind {
  /** What may be handed in: fields with a default may be left out. */
  readonly in: InputOf<S>
  /** What comes out: every field is there. */
  readonly out: OutputOf<S>
}

type Values = Record<string, unknown>

/** What the fields hold where nothing is given. */
function defaultsOf(shape: Shape): Values {
  return Object.fromEntries(
    Object.entries(shape).map(([name, { type, rules }]) => [name, rules.default === undefined ? type.zero() : rules.default]),
  )
}

function pathOf({ path }: Context, name: string): string {
  return path && name ? `${path}.${name}` : path || name
}

/** Composes the codec of a shape in one version. */
export function compileShape(shape: Shape, context: Context): FieldCodec {
  const { version, flexible } = context
  const fields: CompiledField[] = []
  const tagged: CompiledField[] = []
  const refused: string[] = []
  const blank = defaultsOf(shape)
  for (const [name, field] of Object.entries(shape)) {
    const { since, until, nullableSince, tag, taggedSince, default: fallback, ignorable, neverCompact } = field.rules
    if (version < since || version > until) {
      if (!ignorable) refused.push(name)
      continue
    }
    const isTagged = version >= taggedSince
    const inner = { ...context, flexible: flexible && !neverCompact, tagged: isTagged, path: pathOf(context, name) }
    const codec = field.type.compile(inner, version >= nullableSince)
    // What InputOf says of the types.
    const isRequired = since === 0 && until === NEVER && tag === undefined && fallback === undefined
    const compiled = { tag: tag ?? -1, name, codec, fallback: isRequired ? undefined : blank[name] }
    ;(isTagged ? tagged : fields).push(compiled)
  }
  tagged.sort((a, b) => a.tag - b.tag)

  const isGiven = (values: Values, name: string) => values[name] !== undefined && !sameValue(values[name], blank[name])
  return {
    minSize: fields.reduce((sum, { codec }) => sum + codec.minSize, flexible ? 1 : 0),
    read(reader: Reader): Values {
      // A clone of one object: every struct of a message has the same hidden class, whatever the version.
      const values = { ...blank }
      for (const { name, codec } of fields) values[name] = codec.read(reader)
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
        for (let i = 0; i < fields.length; i++) {
          const field = fields[i] as CompiledField
          name = field.name
          let given = values[name]
          if (given === undefined) given = field.fallback
          if (given === undefined) throw new TypeError('it is missing')
          field.codec.write(writer, given)
        }
        if (!flexible) return
        const given = tagged.length === 0 ? tagged : tagged.filter((field) => isGiven(values, field.name))
        writer.unsignedVarint(given.length)
        for (const field of given) {
          name = field.name
          writeTagged(writer, field, values[name])
        }
      } catch (error) {
        // What has a cause says already which field it is of.
        if (UnsupportedVersionError.is(error) || (error as Error).cause !== undefined) throw error
        const path = pathOf(context, name) || 'a body'
        const what = `${path} of ${context.message} version ${version} cannot be encoded: ${(error as Error).message}`
        // A value that is none of its type: a number out of range, a number where a bigint belongs.
        throw new KafkaError('INVALID_ARGUMENT', what, { cause: error })
      }
    },
  }
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

/** A struct inside a message. */
export function struct<S extends Shape>(shape: S): Field<StructOf<S>> {
  const type: Type = {
    name: 'struct',
    fields: shape,
    zero: () => Object.freeze(defaultsOf(shape)),
    equals: sameValue,
    compile(context, nullable) {
      const codec = compileShape(shape, context)
      return nullable ? compileNullable(codec, context) : codec
    },
  }
  return new Field(type)
}
