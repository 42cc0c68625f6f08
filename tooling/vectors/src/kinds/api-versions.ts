import { requestHeaderVersion, responseHeaderVersion } from '@k/protocol'
import { apiOf, apis } from '../declared.ts'
import { expectSame, Mismatch } from '../outcome.ts'

interface ApiVector {
  readonly apiKey: number
  readonly name: string
  /** No version is left; only the key stays taken. */
  readonly gone: boolean
  readonly request: { readonly validVersions: string; readonly flexibleVersions: string }
  readonly latestStableVersion: number | null
  /** Request and response header version by API version. */
  readonly headers: Readonly<Record<string, readonly [number, number]>>
  /** In the table of the older release: the whole range, from its first version to the newer release's last. */
  readonly declare?: string
}

const firstOf = (range: string) => Number.parseInt(range, 10)
const lastOf = (range: string) => Number(range.slice(range.indexOf('-') + 1))

/** A row of Kafka's table of APIs. */
export function checkApi({ apiKey, name, gone, request, latestStableVersion, headers, declare }: ApiVector): void {
  if (gone) {
    expectSame(`API of key ${apiKey}`, undefined, apis.find(({ key }) => key === apiKey)?.name)
    return
  }
  const api = apiOf(name)
  expectSame('apiKey', apiKey, api.key)
  const { min, max } = api.versions
  const { validVersions, flexibleVersions } = request
  if (declare === undefined) {
    // Older versions than these are in the table of the older release.
    if (min > firstOf(validVersions)) throw new Mismatch('first version', firstOf(validVersions), min)
    expectSame('last version', lastOf(validVersions), max)
    expectSame('latestStable', latestStableVersion, api.latestStable)
  } else {
    expectSame('versions', declare, `${min}-${max}`)
  }
  expectSame('flexible', flexibleVersions === 'none' ? Number.POSITIVE_INFINITY : Number.parseInt(flexibleVersions, 10), api.flexible)
  for (const [version, [requestHeader, responseHeader]] of Object.entries(headers)) {
    expectSame(`request header of version ${version}`, requestHeader, requestHeaderVersion(api, Number(version)))
    expectSame(`response header of version ${version}`, responseHeader, responseHeaderVersion(api, Number(version)))
  }
}
