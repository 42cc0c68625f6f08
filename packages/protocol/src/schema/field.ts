import type { FieldRules, Type } from './type.ts'

/** What a type means to TypeScript: what may be handed in, and what comes out. */
export interface Kind {
  /** What may be handed in. */
  readonly in: unknown
  /** What comes out. */
  readonly out: unknown
}

/** Any field, whatever it holds. */
export type AnyField = Field<Kind, null, boolean>

/** Later than any version. */
export const NEVER: number = Number.POSITIVE_INFINITY

const plain: FieldRules = {
  since: 0,
  until: NEVER,
  nullableSince: NEVER,
  tag: undefined,
  taggedSince: NEVER,
  default: undefined,
  ignorable: false,
  neverCompact: false,
}

/**
 * A field of a message: a type and what its declaration says of it. Every modifier returns a new field. `K` is the type, `N` is null where the
 * field may be null, `O` is true where it may be left out when encoding.
 */
export class Field<K extends Kind, N extends null = never, O extends boolean = false> {
  /** A type only, no value: what may be handed in. */
  declare readonly in: K['in'] | N
  /** A type only, no value: what comes out. */
  declare readonly out: K['out'] | N
  /** A type only, no value: whether it may be left out when encoding. */
  declare readonly optional: O
  /** What the field holds. */
  readonly type: Type
  /** What its declaration says of it besides. */
  readonly rules: FieldRules

  constructor(type: Type, rules: FieldRules = plain) {
    this.type = type
    this.rules = rules
  }

  #with<M extends null, P extends boolean>(rules: Partial<FieldRules>): Field<K, M, P> {
    return new Field(this.type, { ...this.rules, ...rules })
  }

  /** The first version that has the field. */
  since(version: number): Field<K, N, true> {
    return this.#with({ since: version })
  }

  /** The last version that has the field. */
  until(version: number): Field<K, N, true> {
    return this.#with({ until: version })
  }

  /** May be null, from `version` on. */
  nullable(version = 0): Field<K, null, O> {
    return this.#with({ nullableSince: version })
  }

  /** A tagged field (KIP-482), from `version` on; by default from the version that brings the field. */
  tagged(tag: number, version?: number): Field<K, N, true> {
    return this.#with({ tag, taggedSince: version ?? this.rules.since })
  }

  /** What the field holds where a version lacks it or the caller left it out. Without one: 0, '', false, empty. */
  default(value: K['in'] | N): Field<K, N, true> {
    return this.#with({ default: value })
  }

  /** A value may be left out silently in a version that lacks the field; without this, encoding it throws. */
  ignorable(): Field<K, N, O> {
    return this.#with({ ignorable: true })
  }

  /** Keeps the long form of its length in flexible versions too (the client id of a request header). */
  neverCompact(): Field<K, N, O> {
    return this.#with({ neverCompact: true })
  }
}

/** The fields of a struct by name, in the order of the wire. */
export type Shape = Readonly<Record<string, AnyField>>

/** What encoding takes for a shape: fields with a default may be left out. */
export type InputOf<S extends Shape> = { readonly [F in keyof S as S[F]['optional'] extends true ? never : F]: S[F]['in'] } & {
  readonly [F in keyof S as S[F]['optional'] extends true ? F : never]?: S[F]['in'] | undefined
}

/** What decoding gives for a shape, in every version alike: every field is there. */
export type OutputOf<S extends Shape> = { readonly [F in keyof S]: S[F]['out'] }
