import { channel as nodeChannel } from 'node:diagnostics_channel'

/** A channel of `node:diagnostics_channel` whose messages have a type. */
export class DiagnosticsChannel<T extends object> {
  /** The name under which `node:diagnostics_channel` has it. */
  readonly name: string
  readonly #channel: ReturnType<typeof nodeChannel>

  constructor(name: string) {
    this.name = name
    this.#channel = nodeChannel(name)
  }

  /** Ask first: a message that nobody reads need not be made. */
  get hasSubscribers(): boolean {
    return this.#channel.hasSubscribers
  }

  /** Tells all who listen, at once. */
  publish(message: T): void {
    this.#channel.publish(message)
  }

  /** Calls `listener` with every message until the returned function is called. */
  subscribe(listener: (message: T) => void): () => void {
    const onMessage = (message: unknown) => listener(message as T)
    this.#channel.subscribe(onMessage)
    return () => {
      this.#channel.unsubscribe(onMessage)
    }
  }
}

/** Which connection a message speaks of. */
export interface ConnectionFacts {
  /** Kafka: `client.id` */
  readonly clientId: string
  /** Undefined before the broker's id is known. */
  readonly brokerId: number | undefined
  /** Where the connection leads. */
  readonly host: string
  /** The port that it leads to. */
  readonly port: number
  /** What the connection is for. */
  readonly lane: string
}

/** Channels of this package. The prefix of every name is the package's. */
export const diagnostics = {
  /** A connection is ready: open, versions known, authenticated. */
  connectionOpened: /* @__PURE__ */ new DiagnosticsChannel<ConnectionFacts & { readonly elapsedMs: number }>(
    '@k/network:connection:opened',
  ),
  /** A connection has ended, or could not be made. Without an error it was closed by this side on purpose. */
  connectionClosed: /* @__PURE__ */ new DiagnosticsChannel<
    ConnectionFacts & { readonly wasOpen: boolean; readonly error: Error | undefined; readonly requestsLost: number }
  >('@k/network:connection:closed'),
  /** An answer has come, or will not. */
  requestEnded: /* @__PURE__ */ new DiagnosticsChannel<
    ConnectionFacts & {
      readonly api: string
      readonly version: number
      readonly correlationId: number
      /** From the write to the answer. */
      readonly elapsedMs: number
      readonly requestBytes: number
      readonly responseBytes: number
      readonly error: Error | undefined
    }
  >('@k/network:request:ended'),
  /** A broker asked to be left alone: a quota was exceeded. Requests on the connection wait that long. */
  connectionThrottled: /* @__PURE__ */ new DiagnosticsChannel<ConnectionFacts & { readonly api: string; readonly throttleTimeMs: number }>(
    '@k/network:connection:throttled',
  ),
  /** The picture of the cluster was fetched, or could not be. */
  metadataRefreshed: /* @__PURE__ */ new DiagnosticsChannel<{
    readonly clientId: string
    readonly clusterId: string | undefined
    readonly brokers: number
    readonly topics: number
    readonly elapsedMs: number
    readonly error: Error | undefined
  }>('@k/network:metadata:refreshed'),
  /** No known broker could be reached: the bootstrap addresses are asked again. */
  rebootstrapped: /* @__PURE__ */ new DiagnosticsChannel<{ readonly clientId: string; readonly servers: readonly string[] }>(
    '@k/network:metadata:rebootstrapped',
  ),
}
