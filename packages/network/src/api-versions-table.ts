import { type AnyApi, type ApiVersionsResponse, commonVersion, negotiateVersion } from '@k/protocol'

/** A range of versions, both ends included. */
export interface Versions {
  /** The lowest. */
  readonly min: number
  /** The highest. */
  readonly max: number
}

/** Bounds that a caller sets on the version of a request. */
export interface VersionBounds {
  /** The lowest version that will do. */
  readonly minVersion?: number | undefined
  /** The highest version that will do. */
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
    return commonVersion(api, this.#ranges.get(api.key), bounds)
  }

  /** Like {@link versionOf}. @throws UnsupportedVersionError where there is none, naming both sides */
  require(api: AnyApi, broker: string, bounds: VersionBounds = {}): number {
    return negotiateVersion(api, this.#ranges.get(api.key), { ...bounds, broker })
  }
}
