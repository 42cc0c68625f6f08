/** Versions of a message, ascending. */
export type Versions = readonly number[]

// Kafka numbers versions in an int16; ranges with an open end are cut by the versions of their message.
const OPEN_END = 32767

function boundsOf(range: string): readonly [number, number] | undefined {
  if (range === 'none') return undefined
  const match = /^(\d+)(?:(\+)|-(\d+))?$/.exec(range)
  if (match === null) throw new Error(`'${range}' is no range of versions`)
  const [, from, open, to] = match
  return [Number(from), open === undefined ? Number(to ?? from) : OPEN_END]
}

/** The versions of a closed range as the specification writes it: `0`, `1-3`, `none`. */
export function versionsOf(range: string): Versions {
  const bounds = boundsOf(range)
  if (bounds === undefined) return []
  const [from, to] = bounds
  if (to === OPEN_END) throw new Error(`'${range}' has no end`)
  return Array.from({ length: to - from + 1 }, (_, index) => from + index)
}

/** Those of `versions` that a range of the specification holds: `0`, `1-3`, `2+`, `none`. */
export function within(versions: Versions, range: string): Versions {
  const bounds = boundsOf(range)
  if (bounds === undefined) return []
  return versions.filter((version) => version >= bounds[0] && version <= bounds[1])
}

/** All of both, ascending. */
export function union(a: Versions, b: Versions): Versions {
  return [...new Set([...a, ...b])].sort((left, right) => left - right)
}

/** Those of `a` that `b` lacks. */
export function without(a: Versions, b: Versions): Versions {
  return a.filter((version) => !b.includes(version))
}

/** Versions for people: `0-3, 5`, or `none`. */
export function describeVersions(versions: Versions): string {
  if (versions.length === 0) return 'none'
  const starts = versions.filter((version) => !versions.includes(version - 1))
  const ends = versions.filter((version) => !versions.includes(version + 1))
  return starts.map((start, index) => (start === ends[index] ? `${start}` : `${start}-${ends[index]}`)).join(', ')
}
