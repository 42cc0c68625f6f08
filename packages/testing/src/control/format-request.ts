import { inspect } from 'node:util'
import type { RecordedRequest } from './recorded-requests.ts'

/** How many items of a list are shown. */
const MOST_ITEMS = 20

/**
 * A request in one line, for the message of a failing test: who asked whom for what. Of bytes only their number is shown.
 *
 * `Heartbeat v4 from billing to broker 1 (connection 2, correlation id 7): { groupId: 'billing', generationId: 1, ... }`
 */
export function formatRequest({ api, version, clientId, broker, connection, correlationId, body }: RecordedRequest): string {
  const who = `${api} v${version} from ${clientId ?? 'a client without an id'} to broker ${broker}`
  const options = { depth: 8, breakLength: Number.POSITIVE_INFINITY, compact: true, maxArrayLength: MOST_ITEMS, maxStringLength: 200 }
  return `${who} (connection ${connection}, correlation id ${correlationId}): ${inspect(readable(body), options)}`
}

/** Prints a text as it is, without quotes. */
class Words {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  [inspect.custom](): string {
    return this.#text
  }
}

function readable(value: unknown): unknown {
  if (value instanceof Uint8Array) return new Words(`<${value.length} bytes>`)
  if (Array.isArray(value)) return value.map(readable)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, readable(each)]))
}
