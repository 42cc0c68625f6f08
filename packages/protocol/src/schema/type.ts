import type { Reader } from '../wire/reader.ts'
import type { Writer } from '../wire/writer.ts'

/** Where in a message, and in which version, a type is being compiled. */
export interface Context {
  /** The message's name, for errors. */
  readonly message: string
  readonly version: number
  /** Whether lengths are compact and tagged fields exist in this version. */
  readonly flexible: boolean
  /** Whether the field stands in the tagged section, where a struct says in another way that it is null. */
  readonly tagged: boolean
  /** The field's path, for errors: `topics[].partitions[].offset`. */
  readonly path: string
}

/** Reads and writes one type in one version. Composed once per message and version. */
export interface FieldCodec {
  /** The fewest bytes that a value can take: bounds what a hostile count can make us allocate. */
  readonly minSize: number
  read(reader: Reader): unknown
  write(writer: Writer, value: unknown): void
}

/** What a field can be. Each type owns its bytes; nothing else asks which type it is. */
export interface Type {
  /** The specification's word: `int32`, `[]string`, `struct`. */
  readonly name: string
  /** What a field of this type holds when nothing says otherwise. Shared, therefore frozen where it is an object. */
  zero(): unknown
  /** Whether two values are the same, as far as "equals the default" needs it. */
  equals(a: unknown, b: unknown): boolean
  compile(context: Context, nullable: boolean): FieldCodec
  /** The fields of a struct, also through an array; undefined for the others. */
  readonly fields?: Readonly<Record<string, FieldDescription>>
}

/** A field as data, as the declaration says it. */
export interface FieldDescription {
  readonly type: Type
  readonly rules: FieldRules
}

/** What a declaration says of a field besides its type. */
export interface FieldRules {
  /** The first and the last version that have the field. */
  readonly since: number
  readonly until: number
  /** The first version in which it may be null; Infinity for never. */
  readonly nullableSince: number
  /** Its tag, and the first version in which it is tagged. */
  readonly tag: number | undefined
  readonly taggedSince: number
  /** Undefined: the type's zero. */
  readonly default: unknown
  /** Whether a value may be left out silently in a version that lacks the field. */
  readonly ignorable: boolean
  /** Whether its length is never compact, flexible version or not. */
  readonly neverCompact: boolean
}
