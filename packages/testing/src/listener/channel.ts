/** The broker's end of a connection, whatever carries the bytes. */
export interface Channel {
  /** Sends the chunks in order; they must not change any more. False asks to wait for `drained`. */
  write(chunks: readonly Uint8Array[]): boolean
  /** Ends the connection when what was written has left; `closed` follows. */
  end(): void
  /** Ends the connection at once; `closed` follows. A second call does nothing. */
  destroy(): void
  /** Stops and restarts the flow of `received`. */
  pause(): void
  resume(): void
  /** The client's host, as Kafka prints it in group members: `/127.0.0.1`. */
  readonly remoteHost: string
}

/** What a channel calls. Nothing comes after `closed`. */
export interface ChannelHandler {
  /** Bytes that came; they belong to the handler from now on. */
  received(bytes: Buffer): void
  drained(): void
  closed(): void
}

/** Takes a connection that a client opened. */
export type Accept = (channel: Channel) => ChannelHandler

/** Where a broker is reached while it is up. */
export interface Listener {
  readonly host: string
  readonly port: number
  /** Refuses new connections from now on, and ends those that have not become channels. */
  close(): Promise<void>
}
