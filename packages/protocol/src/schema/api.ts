import type { InputOf, OutputOf, Shape } from './field.ts'
import { type Message, message, type VersionRange } from './message.ts'

/** An API: its key, its versions, and the two messages. */
export interface Api<Req extends Shape = Shape, Res extends Shape = Shape> {
  /** Kafka's name of it: `Fetch`. */
  readonly name: string
  /** The number in every request's header. */
  readonly key: number
  /** The versions that are declared here: all that Kafka 0.10 and later have had. */
  readonly versions: VersionRange
  /** The highest version that a client may choose by itself; a later one is still being designed. */
  readonly latestStable: number
  /** The first flexible version (KIP-482); Infinity where there is none. */
  readonly flexible: number
  /** Whether every response has header version 0, so that it can be read before the broker's versions are known (ApiVersions). */
  readonly fixedResponseHeader: boolean
  /** What a client sends. */
  readonly request: Message<Req>
  /** What a broker answers. */
  readonly response: Message<Res>
}

/** What a declaration says of an API besides its shapes. */
export interface ApiOptions {
  /** The first and the last version. */
  readonly versions: readonly [number, number]
  /** The first flexible version (KIP-482). Default: none. */
  readonly flexible?: number
  /** The highest version that a client may choose by itself. Default: the last. */
  readonly latestStable?: number
  /** Whether responses have header version 0 in flexible versions too. Default: false. */
  readonly fixedResponseHeader?: boolean
}

/** Any API, for code that handles all alike. */
// biome-ignore lint/suspicious/noExplicitAny: shapes stand in both directions, so only any is above all of them
export type AnyApi = Api<any, any>

/** A decoded request: every field is there, in every version. */
export type RequestOf<A extends AnyApi> = OutputOf<A['request']['shape']>
/** A decoded response: every field is there, in every version. */
export type ResponseOf<A extends AnyApi> = OutputOf<A['response']['shape']>
/** What encoding a request takes: fields with a default may be left out. */
export type RequestInputOf<A extends AnyApi> = InputOf<A['request']['shape']>
/** What encoding a response takes: fields with a default may be left out. */
export type ResponseInputOf<A extends AnyApi> = InputOf<A['response']['shape']>

/** Declares an API. The shapes stand behind a function, so that a bundle keeps only the APIs that it uses. */
/* @__NO_SIDE_EFFECTS__ */
export function api<Req extends Shape, Res extends Shape>(
  name: string,
  key: number,
  options: ApiOptions,
  shapes: () => { request: Req; response: Res },
): Api<Req, Res> {
  const request = message(`${name}Request`, options, () => shapes().request)
  const { versions, flexible } = request
  return {
    name,
    key,
    versions,
    latestStable: options.latestStable ?? versions.max,
    flexible,
    fixedResponseHeader: options.fixedResponseHeader ?? false,
    request,
    response: message(`${name}Response`, options, () => shapes().response),
  }
}
