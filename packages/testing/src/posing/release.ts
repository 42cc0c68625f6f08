import { ConfigError } from '@k/protocol'
import { type FakeVersion, fakeVersions, releasedVersions } from './released-versions.ts'

/** What sets one release of Kafka apart from the others, as far as it can be seen from outside. */
export interface Release {
  readonly version: FakeVersion
  /** The first and the last version of each API, by the API's name. */
  readonly versions: ReadonlyMap<string, readonly [min: number, max: number]>
  /** The `metadata.version` of a new cluster; 0 before KRaft. */
  readonly metadataVersion: number
  /** The lowest `metadata.version` that it can be set to. */
  readonly minMetadataVersion: number
  /** Whether groups and transactions have levels of their own. */
  readonly hasFeatureLevels: boolean
  /** Whether messages of magic 0 and 1 are taken; Kafka 4.0 tells of the versions of Produce that have them, and does not serve them. */
  readonly takesMessages: boolean
  /** Whether a client in a version of ApiVersions that is too new is told the right one (KIP-511). */
  readonly tellsOfApiVersions: boolean
  /** Whether a client that is to slow down is made to wait for the answer itself, as it was before KIP-219. */
  readonly throttlesLate: boolean
}

const metadataVersions: Partial<Record<FakeVersion, number>> = { 3.3: 7, 3.9: 21, '4.0': 25, 4.1: 27, 4.2: 29, 4.3: 30, 4.4: 33 }

const releases = new Map<string, Release>()

/** @throws ConfigError for a release that nobody can pose as */
export function releaseOf(version: string): Release {
  const known = releases.get(version)
  if (known !== undefined) return known
  const column = fakeVersions.indexOf(version as FakeVersion)
  if (column < 0) throw new ConfigError('version', `must be one of ${fakeVersions.join(', ')}, not ${version}`)
  const isSince = (other: FakeVersion) => column >= fakeVersions.indexOf(other)
  const release: Release = {
    version: version as FakeVersion,
    versions: versionsOf(column),
    metadataVersion: metadataVersions[version as FakeVersion] ?? 0,
    minMetadataVersion: isSince('4.0') ? 7 : 1,
    hasFeatureLevels: isSince('4.0'),
    takesMessages: !isSince('4.0'),
    tellsOfApiVersions: isSince('2.4'),
    throttlesLate: !isSince('2.0'),
  }
  releases.set(version, release)
  return release
}

function versionsOf(column: number): ReadonlyMap<string, readonly [number, number]> {
  const versions = new Map<string, readonly [number, number]>()
  for (const [api, row] of Object.entries(releasedVersions)) {
    const [min, max] = (row.split(' ')[column] as string).split('-').map(Number) as [number, number]
    if (row.split(' ')[column] !== '-') versions.set(api, [min, max])
  }
  return versions
}
