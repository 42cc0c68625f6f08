import type { AlterConfigsResponse, BrokerErrorCode } from '@k/protocol'
import { errorCodeOf, Refusal } from '../refusal.ts'

/** What became of a resource whose configs were to be altered. */
export type AlteredResource = AlterConfigsResponse['responses'][number]

interface Resource {
  readonly resourceType: number
  readonly resourceName: string
  readonly configs: readonly { readonly name: string }[]
}

/** Alters one resource after the other; what is refused leaves it as it was. */
export function alterEach<R extends Resource>(resources: readonly R[], alter: (resource: R) => void): AlteredResource[] {
  const keys = resources.map(({ resourceType, resourceName }) => `${resourceType}:${resourceName}`)
  return resources.map((resource, i) => {
    try {
      const names = resource.configs.map(({ name }) => name)
      if (keys.indexOf(keys[i] as string) !== keys.lastIndexOf(keys[i] as string)) {
        throw new Refusal('INVALID_REQUEST', 'Each resource must appear at most once.')
      }
      if (new Set(names).size < names.length) throw new Refusal('INVALID_REQUEST', 'Error due to duplicate config keys')
      alter(resource)
      return altered(resource, 0, null)
    } catch (error) {
      if (error instanceof Refusal) return altered(resource, error.errorCode, error.code === 'UNKNOWN_SERVER_ERROR' ? null : error.message)
      throw error
    }
  })
}

/** The answer that refuses them all. */
export function alterRefused(resources: readonly Resource[], code: BrokerErrorCode): AlteredResource[] {
  return resources.map((resource) => altered(resource, errorCodeOf(code), null))
}

function altered({ resourceType, resourceName }: Resource, errorCode: number, errorMessage: string | null): AlteredResource {
  return { errorCode, errorMessage, resourceType, resourceName }
}
