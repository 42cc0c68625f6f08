/** Where a connection is to go. */
export interface TransportTarget {
  /** The host's name or address. */
  readonly host: string
  /** TCP port, 1 to 65535. */
  readonly port: number
  /** Options of Node's `tls.connect`; absent for plain text. */
  readonly tls?: Readonly<Record<string, unknown>>
  /** Ends the attempt to connect; the promise of `connect` then rejects. */
  readonly signal?: AbortSignal
}

/** What a transport calls on the reader of a connection. None of these may be called after `close`. */
export interface TransportHandler {
  /** Where the next received bytes are to be put. Never empty; stays valid until `received` is called. */
  buffer(): Uint8Array
  /** The first `length` bytes of what `buffer` returned last have been filled. */
  received(length: number): void
  /** Everything that was written has left this process; called only after a `write` that returned false. */
  drained(): void
  /** The connection has ended and will call nothing any more: by the peer (no error), by a fault, or by `destroy`. Called exactly once. */
  closed(error?: Error): void
}

/** One open connection. */
export interface TransportConnection {
  /** Writes the chunks in order, in as few packets as possible. They must not change until sent. False asks to wait for `drained`. */
  write(chunks: readonly Uint8Array[]): boolean
  /** Ends the connection at once; `closed` follows. A second call does nothing. */
  destroy(): void
}

/** How bytes reach a broker. The default is Node's TCP and TLS; a test or a proxy brings its own. */
export interface Transport {
  /** Opens a connection (TLS handshake included). Rejects with what the operating system or the peer said. */
  connect(target: TransportTarget, handler: TransportHandler): Promise<TransportConnection>
}
