import { ApiVersions, type ApiVersionsResponse, BrokerError, decodeResponse, UnsupportedVersionError } from '@k/protocol'
import { ApiVersionsTable, type HighestVersions } from './api-versions-table.ts'

const UNSUPPORTED_VERSION = 35

/**
 * Asks a broker what it speaks, in our newest version, or the highest that the option `apiVersion` allows. A broker that does not know that
 * version says which it knows, and is asked once more in a lower one (KIP-511); never a third time.
 */
export async function negotiate(
  broker: string,
  highest: HighestVersions,
  ask: (version: number) => Promise<ApiVersionsResponse>,
): Promise<ApiVersionsTable> {
  const newest = highest.get(ApiVersions.key) ?? ApiVersions.latestStable
  let response = await ask(newest)
  if (response.errorCode === UNSUPPORTED_VERSION) {
    const offered = response.apiKeys.find(({ apiKey }) => apiKey === ApiVersions.key)?.maxVersion ?? 0
    response = await ask(Math.max(0, Math.min(offered, newest - 1)))
  }
  if (response.errorCode === UNSUPPORTED_VERSION) {
    throw new UnsupportedVersionError(`${broker} refuses every version of ApiVersions that it offers`, { api: 'ApiVersions' })
  }
  if (response.errorCode !== 0) throw new BrokerError(response.errorCode, `${broker} does not say what it speaks (ApiVersions)`)
  return new ApiVersionsTable(response, highest)
}

/** Reads an answer to ApiVersions. One that refuses the version is in the layout of version 0, whatever was asked for. @throws DecodeError */
export function decodeApiVersions(version: number, frame: Buffer): ApiVersionsResponse {
  const refused = frame.length >= 6 && frame.readInt16BE(4) === UNSUPPORTED_VERSION
  return decodeResponse(ApiVersions, refused ? 0 : version, frame).body
}
