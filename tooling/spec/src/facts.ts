import type { Versions } from './versions.ts'

/** What is true of a field, in the versions of its message. */
export interface FieldFacts {
  /** `topics[].partitions[].offset` */
  readonly path: string
  /** The specification's word; structs have no name. */
  readonly type: string
  readonly versions: Versions
  /** The versions in which it may be null. */
  readonly nullable: Versions
  /** The versions in which it is tagged, and its tag. */
  readonly tagged: Versions
  readonly tag: number | undefined
  readonly default: string
  readonly ignorable: boolean
  /** Whether its length is compact in flexible versions. */
  readonly compact: boolean
}

/** What is true of a message: of the specification's, or of the one that is declared. */
export interface MessageFacts {
  readonly name: string
  readonly versions: Versions
  readonly flexible: Versions
  /** Requests and responses only. */
  readonly apiKey: number | undefined
  /** The header version by version; requests and responses only. */
  readonly headers: ReadonlyMap<number, number>
  /** The highest version that is not under design; requests only. */
  readonly latestStable: number | undefined
  readonly fields: ReadonlyMap<string, FieldFacts>
}

/** The paths of the fields that a version carries one after another, without tags. */
export function orderOf(facts: MessageFacts, version: number): readonly string[] {
  return [...facts.fields.values()]
    .filter(({ versions, tagged }) => versions.includes(version) && !tagged.includes(version))
    .map(({ path }) => path)
}
