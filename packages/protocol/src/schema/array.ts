import type { Reader } from '../wire/reader.ts'
import { type AnyField, Field, type Kind } from './field.ts'
import { compactLength, longLength, readLength, writeNull } from './lengths.ts'
import { sameValue } from './same-value.ts'
import type { Context, FieldCodec, Type } from './type.ts'

/** Several of one kind. */
export interface ListOf<F extends AnyField> extends Kind {
  /** What may be handed in: an array. */
  readonly in: readonly F['in'][]
  /** What comes out. */
  readonly out: readonly F['out'][]
}

const EMPTY: readonly unknown[] = /* @__PURE__ */ Object.freeze([])

function compileArray(element: AnyField, context: Context, nullable: boolean): FieldCodec {
  const length = context.flexible ? compactLength : longLength
  const inner = { ...context, tagged: false, path: `${context.path}[]` }
  const codec = element.type.compile(inner, context.version >= element.rules.nullableSince)
  // An element that takes no bytes could be counted without end; no message has one, and one byte each is a bound that all respect.
  const minSize = Math.max(1, codec.minSize)
  // In memory a struct is its fields and itself.
  const valuesEach = element.type.fields === undefined ? 1 : 2 + Object.keys(element.type.fields).length
  return {
    minSize: length.size,
    read(reader: Reader) {
      const count = readLength(reader, length, nullable)
      if (count === null) return null
      if (count * minSize > reader.remaining) return reader.fail(`array of ${count} in ${reader.remaining} bytes`)
      reader.claim(count * valuesEach)
      const values: unknown[] = []
      for (let i = 0; i < count; i++) values.push(codec.read(reader))
      return values
    },
    write(writer, value) {
      if (value === null) return writeNull(writer, length, context, nullable)
      // A set, text or whatever else has a length would become another array, or null.
      if (!Array.isArray(value)) throw new TypeError('it must be an array')
      const values: readonly unknown[] = value
      length.write(writer, values.length)
      for (let i = 0; i < values.length; i++) codec.write(writer, values[i])
    },
  }
}

/** An array of `element`. */
export function array<F extends AnyField>(element: F): Field<ListOf<F>> {
  const type: Type = {
    name: `[]${element.type.name}`,
    zero: () => EMPTY,
    equals: sameValue,
    compile: (context, nullable) => compileArray(element, context, nullable),
    ...(element.type.fields === undefined ? {} : { fields: element.type.fields }),
  }
  return new Field(type)
}
