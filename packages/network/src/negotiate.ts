import { type AnyApi, ApiVersions, type ApiVersionsResponse, BrokerError } from '@k/protocol'
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
  if (response.errorCode !== 0) throw new BrokerError(response.errorCode, `${broker} refuses ApiVersions`)
  return new ApiVersionsTable(response, highest)
}

/** Whether an answer to ApiVersions refuses the version: then it is in the layout of version 0, whatever was asked for. */
export function refusesVersion(api: AnyApi, frame: Buffer): boolean {
  return api.key === ApiVersions.key && frame[4] === 0 && frame[5] === UNSUPPORTED_VERSION
}
