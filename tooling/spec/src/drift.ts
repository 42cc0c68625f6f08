import type { Declared } from './declared.ts'
import { type Difference, differencesOf } from './difference.ts'
import { concerns, keptVersions, type LeftOut } from './left-out.ts'
import type { Specification, SpecMessage } from './specification.ts'
import { specifiedFacts } from './specified.ts'
import { describeVersions, union, type Versions, versionsOf, without } from './versions.ts'

/** Whether a message is a record of an internal topic: the brokers' own state. */
export function isInternalRecord({ type }: SpecMessage): boolean {
  return type.startsWith('coordinator-')
}

function versionsIn({ messages }: Specification, name: string): Versions {
  return versionsOf(messages.get(name)?.validVersions ?? 'none')
}

function allVersions(specifications: readonly Specification[], name: string): Versions {
  return specifications.reduce<Versions>((versions, specification) => union(versions, versionsIn(specification, name)), [])
}

/** Each version of a message is held to the newest specification that has it. */
function messageDrift(declared: Declared, specifications: readonly Specification[], decisions: readonly LeftOut[]): readonly Difference[] {
  const { name } = declared
  const versions = keptVersions(name, allVersions(specifications, name), decisions)
  if (versions.length === 0) return [{ message: name, text: 'is declared, and not specified' }]
  const differences: Difference[] = []
  if (describeVersions(versions) !== describeVersions(declared.versions)) {
    const text = `versions ${describeVersions(declared.versions)} are declared, ${describeVersions(versions)} are specified`
    differences.push({ message: name, text })
  }
  let left = versions
  const settled = new Set<string>()
  for (const specification of specifications) {
    const message = specification.messages.get(name)
    const governed = left.filter((version) => versionsIn(specification, name).includes(version))
    if (message === undefined || governed.length === 0) continue
    const specified = specifiedFacts(message, governed)
    const own = declared.facts(governed)
    if (left === versions && specified.latestStable !== own.latestStable) {
      differences.push({
        message: name,
        text: `latest stable version: ${own.latestStable} is declared, ${specified.latestStable} is specified`,
      })
    }
    differences.push(...differencesOf(specified, own, settled))
    for (const path of specified.fields.keys()) settled.add(path)
    left = without(left, governed)
  }
  return differences
}

function undeclared(
  declarations: readonly Declared[],
  specifications: readonly Specification[],
  decisions: readonly LeftOut[],
): readonly Difference[] {
  const messages = specifications.flatMap((specification) => [...specification.messages.values()])
  const names = new Set(messages.map(({ name }) => name))
  for (const { name } of declarations) names.delete(name)
  return [...names].flatMap((name) => {
    const versions = keptVersions(name, allVersions(specifications, name), decisions)
    return versions.length === 0 ? [] : [{ message: name, text: `is not declared: versions ${describeVersions(versions)}` }]
  })
}

function needless(specifications: readonly Specification[], decisions: readonly LeftOut[]): readonly Difference[] {
  const names = [...new Set(specifications.flatMap(({ messages }) => [...messages.keys()]))]
  return decisions
    .filter((decision) => {
      const concerned = names.filter((name) => concerns(decision, name))
      return concerned.every((name) => {
        const versions = allVersions(specifications, name)
        return keptVersions(name, versions, [decision]).length === versions.length
      })
    })
    .map(({ name, versions }) => ({ message: name, text: `is left out${versions ? ` in ${versions}` : ''}, and not specified` }))
}

/**
 * Every point in which the declarations are not what the specifications say.
 * @param specifications - newest first: an older one counts for the versions that newer ones have no more
 */
export function driftOf(
  declarations: readonly Declared[],
  specifications: readonly Specification[],
  decisions: readonly LeftOut[],
): readonly Difference[] {
  return [
    ...declarations.flatMap((declared) => messageDrift(declared, specifications, decisions)),
    ...undeclared(declarations, specifications, decisions),
    ...needless(specifications, decisions),
  ]
}
