import * as protocol from '@k/protocol'
import { type AnyApi, Message } from '@k/protocol'

const exported = Object.entries(protocol) as [string, unknown][]

/** Every API, by the name it is exported with. */
export const apis = exported.filter((entry): entry is [string, AnyApi] => {
  const [, value] = entry
  return typeof value === 'object' && value !== null && 'fixedResponseHeader' in value
})

/** Every message that stands alone, by the name it is exported with. */
export const standaloneMessages = exported.filter((entry): entry is [string, Message] => entry[1] instanceof Message)

/** Every message: requests, responses and what stands alone. */
export const messages: readonly Message[] = [
  ...apis.flatMap(([, { request, response }]) => [request, response]),
  ...standaloneMessages.map(([, message]) => message),
]

/** Every version of a message. */
export function versionsOf({ versions }: Message): number[] {
  return Array.from({ length: versions.max - versions.min + 1 }, (_, i) => versions.min + i)
}
