import { type AnyApi, type ApiVersionsResponse, UnsupportedVersionError } from '@k/protocol'

/** A range of versions, both ends included. */
export interface Versions {
  readonly min: number
  readonly max: number
}

/** Bounds that a caller sets on the version of a request. */
export interface VersionBounds {
  readonly minVersion?: number | undefined
  readonly maxVersion?: number | undefined
}

/** What one broker speaks, as it said on one connection. */
export class ApiVersionsTable {
  readonly #ranges = new Map<number, Versions>()
  /** Features of the whole cluster and the level that is in force, by name (KIP-584): `metadata.version`, `transaction.version`. */
  readonly finalizedFeatures: ReadonlyMap<string, Versions>

  constructor(response: Pick<ApiVersionsResponse, 'apiKeys'> & Partial<Pick<ApiVersionsResponse, 'finalizedFeatures'>>) {
    for (const { apiKey, minVersion, maxVersion } of response.apiKeys) this.#ranges.set(apiKey, { min: minVersion, max: maxVersion })
    this.finalizedFeatures = new Map(
      (response.finalizedFeatures ?? []).map((feature) => [feature.name, { min: feature.minVersionLevel, max: feature.maxVersionLevel }]),
    )
  }

  /** What the broker says of an API; undefined where it lacks it. */
  rangeOf(api: AnyApi): Versions | undefined {
    return this.#ranges.get(api.key)
  }

  /** The highest version that both sides speak, within bounds; undefined where there is none. */
  versionOf(api: AnyApi, bounds: VersionBounds = {}): number | undefined {
    const range = this.#ranges.get(api.key)
    if (range === undefined) return undefined
    const max = Math.min(range.max, api.latestStable, bounds.maxVersion ?? api.latestStable)
    const min = Math.max(range.min, api.versions.min, bounds.minVersion ?? 0)
    return max < min ? undefined : max
  }

  /** Like {@link versionOf}. @throws UnsupportedVersionError where there is none, naming both sides */
  require(api: AnyApi, broker: string, bounds: VersionBounds = {}): number {
    const version = this.versionOf(api, bounds)
    if (version !== undefined) return version
    const range = this.#ranges.get(api.key)
    const theirs = range === undefined ? `does not have ${api.name}` : `speaks ${api.name} ${range.min} to ${range.max}`
    const min = Math.max(api.versions.min, bounds.minVersion ?? 0)
    const max = Math.min(api.latestStable, bounds.maxVersion ?? api.latestStable)
    throw new UnsupportedVersionError(`${broker} ${theirs}; this client needs a version from ${min} to ${max}`, { api: api.name })
  }
}
