import { UnsupportedVersionError } from '../errors/unsupported-version-error.ts'
import type { Api } from '../schema/api.ts'
import type { VersionRange } from '../schema/message.ts'

/** What a negotiation has to know of an API. */
export type NegotiableApi = Pick<Api, 'name' | 'versions' | 'latestStable'>

/** Bounds that a caller sets on the version, because of what the request means to say. */
export interface NegotiationBounds {
  /** The lowest version that will do. Default: the first that exists. */
  readonly minVersion?: number | undefined
  /** The highest version that will do. Default, and never exceeded: the latest stable one. */
  readonly maxVersion?: number | undefined
}

function ourRange(
  { versions, latestStable }: NegotiableApi,
  { minVersion = 0, maxVersion = latestStable }: NegotiationBounds,
): VersionRange {
  return { min: Math.max(versions.min, minVersion), max: Math.min(latestStable, maxVersion) }
}

/**
 * The highest version of an API that both sides speak; undefined where there is none.
 * @param theirs - the range that the broker tells in its answer to ApiVersions (KIP-35); undefined where it tells none
 */
export function commonVersion(api: NegotiableApi, theirs: VersionRange | undefined, bounds: NegotiationBounds = {}): number | undefined {
  if (theirs === undefined) return undefined
  const ours = ourRange(api, bounds)
  const max = Math.min(ours.max, theirs.max)
  return max >= Math.max(ours.min, theirs.min) ? max : undefined
}

/**
 * Like {@link commonVersion}, for who cannot go on without one.
 * @param bounds - and `broker`: who it is, for the sentence. Default: "the broker"
 * @throws UnsupportedVersionError where there is none; its sentence has both ranges
 */
export function negotiateVersion(
  api: NegotiableApi,
  theirs: VersionRange | undefined,
  bounds: NegotiationBounds & { readonly broker?: string } = {},
): number {
  const version = commonVersion(api, theirs, bounds)
  if (version !== undefined) return version
  const { broker = 'the broker' } = bounds
  const { min, max } = ourRange(api, bounds)
  const speaks = theirs === undefined ? `does not have ${api.name}` : `speaks ${api.name} ${theirs.min} to ${theirs.max}`
  throw new UnsupportedVersionError(`${broker} ${speaks}; this client needs a version from ${min} to ${max}`, { api: api.name })
}
