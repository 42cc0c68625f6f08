import { type FieldFacts, type MessageFacts, orderOf } from './facts.ts'
import { describeVersions, type Versions } from './versions.ts'

/** A point in which a declaration is not what the specification says. */
export interface Difference {
  /** The message's name. */
  readonly message: string
  readonly text: string
}

/** A field for people: `string, versions 3-5, nullable in 4-5, default null`. */
export function describeField({ type, versions, nullable, tagged, tag, default: value, ignorable, compact }: FieldFacts): string {
  const parts = [
    type,
    `versions ${describeVersions(versions)}`,
    nullable.length > 0 && `nullable in ${describeVersions(nullable)}`,
    tagged.length > 0 && `tag ${tag} in ${describeVersions(tagged)}`,
    `default ${value}`,
    ignorable && 'ignorable',
    !compact && 'never compact',
  ]
  return parts.filter((part) => part !== false).join(', ')
}

type Row = readonly [what: string, specified: string, declared: string]

function fieldRows(specified: FieldFacts, declared: FieldFacts, compareIgnorable: boolean): Row[] {
  const sets = ['versions', 'nullable', 'tagged'] as const
  return [
    ['type', specified.type, declared.type],
    ...sets.map((set): Row => [set, describeVersions(specified[set]), describeVersions(declared[set])]),
    ['tag', String(specified.tag), String(declared.tag)],
    ['default', specified.default, declared.default],
    ['compact', String(specified.compact), String(declared.compact)],
    ...(compareIgnorable ? [['ignorable', String(specified.ignorable), String(declared.ignorable)] as const] : []),
  ]
}

function describeHeaders({ headers }: MessageFacts): string {
  const kinds = [...new Set(headers.values())].sort()
  return kinds
    .map((kind) => `${kind} in ${describeVersions([...headers].filter(([, header]) => header === kind).map(([version]) => version))}`)
    .join(', ')
}

function messageRows(specified: MessageFacts, declared: MessageFacts): Row[] {
  return [
    ['flexible versions', describeVersions(specified.flexible), describeVersions(declared.flexible)],
    ['API key', String(specified.apiKey), String(declared.apiKey)],
    ['header version', describeHeaders(specified), describeHeaders(declared)],
  ]
}

/** The versions in which both have the same fields, but in another order. */
function reordered(specified: MessageFacts, declared: MessageFacts): Versions {
  return specified.versions.filter((version) => {
    const [left, right] = [orderOf(specified, version), orderOf(declared, version)]
    return left.join() !== right.join() && left.toSorted().join() === right.toSorted().join()
  })
}

const describeRow = ([what, specified, declared]: Row) => `${what}: ${declared} is declared, ${specified} is specified`

/**
 * Compares a message in the versions that both facts are about; fields that none of them has are no matter.
 * @param settled - paths of fields of which a newer specification has said whether they are ignorable
 */
export function differencesOf(
  specified: MessageFacts,
  declared: MessageFacts,
  settled: ReadonlySet<string> = new Set(),
): readonly Difference[] {
  const differ = ([, left, right]: Row) => left !== right
  const texts = messageRows(specified, declared).filter(differ).map(describeRow)
  for (const field of specified.fields.values()) {
    if (field.versions.length === 0) continue
    const own = declared.fields.get(field.path)
    if (own === undefined || own.versions.length === 0) texts.push(`${field.path} is not declared: ${describeField(field)}`)
    else {
      const rows = fieldRows(field, own, !settled.has(field.path)).filter(differ)
      texts.push(...rows.map((row) => `${field.path}: ${describeRow(row)}`))
    }
  }
  for (const { path, versions } of declared.fields.values()) {
    const known = specified.fields.get(path)
    if (versions.length > 0 && (known === undefined || known.versions.length === 0)) {
      texts.push(`${path} is declared for versions ${describeVersions(versions)}, and not specified`)
    }
  }
  const versions = reordered(specified, declared)
  if (versions.length > 0) texts.push(`the order of the fields is another in versions ${describeVersions(versions)}`)
  return texts.map((text) => ({ message: specified.name, text }))
}
