import * as protocol from '@k/protocol'
import { type AnyApi, Message } from '@k/protocol'
import { NotBuilt } from './outcome.ts'

const exported: readonly unknown[] = Object.values(protocol)

const isApi = (value: unknown): value is AnyApi => typeof value === 'object' && value !== null && 'fixedResponseHeader' in value

/** Every API that the protocol's package exports. */
export const apis: readonly AnyApi[] = exported.filter(isApi)

const standalone = exported.filter((value): value is Message => value instanceof Message)
/** Every message that it exports, inside APIs and outside. */
export const messages: readonly Message[] = [...apis.flatMap(({ request, response }) => [request, response]), ...standalone]
const apiByName = new Map(apis.map((api) => [api.name, api]))
const messageByName = new Map(messages.map((message) => [message.name, message]))

/** An API by Kafka's name. @throws NotBuilt */
export function apiOf(name: string): AnyApi {
  const api = apiByName.get(name)
  if (api === undefined) throw new NotBuilt(`API ${name}`)
  return api
}

/** A message by Kafka's name: `FetchRequest`, `AbortedTxn`. @throws NotBuilt */
export function messageOf(name: string): Message {
  const message = messageByName.get(name)
  if (message === undefined) throw new NotBuilt(`message ${name}`)
  return message
}
