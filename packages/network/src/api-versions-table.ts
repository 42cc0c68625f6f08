import { type AnyApi, type ApiVersionsResponse, commonVersion, negotiateVersion, UnsupportedVersionError } from '@k/protocol'
import { checkNumber, givenKind, refuseOption } from './option-checks.ts'

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

/** The highest versions that may be spoken, by the key of the API; those of other APIs are negotiated. */
export type HighestVersions = ReadonlyMap<number, number>

/** Checks the option. @throws ConfigError */
export function checkApiVersion(option: string, value: unknown = 'auto'): HighestVersions {
  const pairs: unknown = value === 'auto' ? [] : value
  if (!Array.isArray(pairs) || pairs.some((pair) => Object(pair?.[0]).versions === undefined)) {
    refuseOption(option, "'auto', or pairs of an API and a version: [[Produce, 7]]", givenKind(value))
  }
  return new Map(
    pairs.map(([{ name, key, versions, latestStable }, version = null]) => {
      return [key, checkNumber(`${option}.${name}`, version, 0, { min: versions.min, max: latestStable })]
    }),
  )
}

/** What one broker speaks, as it said on one connection, and what we may speak of it. */
export class ApiVersionsTable {
  readonly #ranges: ReadonlyMap<number, Versions>
  readonly #highest: HighestVersions
  /** Features of the whole cluster and the level that is in force, by name (KIP-584): `metadata.version`, `transaction.version`. */
  readonly finalizedFeatures: ReadonlyMap<string, Versions>

  constructor(
    response: Pick<ApiVersionsResponse, 'apiKeys'> & Partial<Pick<ApiVersionsResponse, 'finalizedFeatures'>>,
    highest: HighestVersions = new Map(),
  ) {
    this.#ranges = new Map(response.apiKeys.map((api) => [api.apiKey, { min: api.minVersion, max: api.maxVersion }]))
    this.#highest = highest
    this.finalizedFeatures = new Map(
      (response.finalizedFeatures ?? []).map((feature) => [feature.name, { min: feature.minVersionLevel, max: feature.maxVersionLevel }]),
    )
  }

  /** What the broker says of an API; undefined where it lacks it. */
  rangeOf(api: AnyApi): Versions | undefined {
    return this.#ranges.get(api.key)
  }

  /** The highest version that both sides speak, within bounds and the option `apiVersion`; undefined where there is none. */
  versionOf(api: AnyApi, bounds: VersionBounds = {}): number | undefined {
    const highest = this.#highest.get(api.key) ?? api.latestStable
    return commonVersion(api, this.rangeOf(api), { ...bounds, maxVersion: Math.min(highest, bounds.maxVersion ?? highest) })
  }

  /** Like {@link versionOf}. @throws UnsupportedVersionError where there is none, naming both sides */
  require(api: AnyApi, broker: string, bounds: VersionBounds = {}): number {
    const version = this.versionOf(api, bounds)
    if (version !== undefined) return version
    negotiateVersion(api, this.rangeOf(api), { ...bounds, broker })
    // Without the option there would be one.
    const message = `this request to ${broker} needs a later version of ${api.name} than the option apiVersion allows`
    throw new UnsupportedVersionError(message, { api: api.name })
  }
}
