import type { Reader } from '../wire/reader.ts'
import type { Writer } from '../wire/writer.ts'

/** Where in a message, and in which version, a type is being compiled. */
export interface Context {
  /** The message's name, for errors. */
  readonly message: string
  /** The version that is being compiled. */
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
  /** Reads one value. @throws DecodeError */
  read(reader: Reader): unknown
  /** Writes one value. */
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
  /** Composes what reads and writes the type there; `nullable` where null is a value too. */
  compile(context: Context, nullable: boolean): FieldCodec
  /** The fields of a struct, also through an array; undefined for the others. */
  readonly fields?: Readonly<Record<string, FieldDescription>>
}

/** A field as data, as the declaration says it. */
export interface FieldDescription {
  /** What it holds. */
  readonly type: Type
  /** What is said of it besides that. */
  readonly rules: FieldRules
}

/** What a declaration says of a field besides its type. */
export interface FieldRules {
  /** The first version that has the field; 0 where all before `until` have it. */
  readonly since: number
  /** The last version that has it; Infinity where all later ones do. */
  readonly until: number
  /** The first version in which it may be null; Infinity for never. */
  readonly nullableSince: number
  /** Its tag in the tagged section (KIP-482); undefined where it has none. */
  readonly tag: number | undefined
  /** The first version in which it is tagged; Infinity where it never is. */
  readonly taggedSince: number
  /** Undefined: the type's zero. */
  readonly default: unknown
  /** Whether a value may be left out silently in a version that lacks the field. */
  readonly ignorable: boolean
  /** Whether its length is never compact, flexible version or not. */
  readonly neverCompact: boolean
}
