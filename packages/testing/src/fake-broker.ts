/** A broker's old picture of the cluster, which it tells until it is released. */
export interface MetadataLag {
  /** Lets the broker know what the others know. A second call does nothing. */
  release(): void
}

/** One broker of a FakeCluster. */
export interface FakeBroker {
  /** Its id: the first broker is 1. */
  readonly id: number
  /** Where clients reach it: loopback, or a name that only the cluster's transport knows. */
  readonly host: string
  /** The same after it was killed and revived; another after {@link moveTo}. */
  readonly port: number
  /** Whether it is up: not killed, or revived. */
  readonly isAlive: boolean
  /** How many clients are connected with it. */
  readonly connectionCount: number
  /** Ends every connection of this broker. Clients may come back at once. */
  disconnect(): void
  /**
   * Takes the broker down, as kill -9 does: its connections end, nobody can connect, and what it led and coordinated goes to others. All of that
   * has happened when this returns; the promise waits for the port to be free.
   */
  kill(): Promise<void>
  /**
   * Brings a killed broker back on its old address. It is in sync at once, and leads nothing but what nobody else leads.
   * @throws what the operating system says when the port was taken meanwhile
   */
  revive(): Promise<void>
  /**
   * Gives the broker another port, as when it is started anew somewhere else: its connections end, and clients learn of the port by metadata.
   * Default: a free port; where there is no TCP, the next number.
   * @throws KafkaError INVALID_ARGUMENT for a broker that is down; what the operating system says where the port is taken
   */
  moveTo(port?: number): Promise<void>
  /** Stops the broker as SIGSTOP does: connections open and stay open, and nothing is read, done or answered on them. */
  freeze(): void
  /** Lets a frozen broker go on where it was. */
  thaw(): void
  /** Lets the broker answer Metadata as it would have now, whatever becomes of the cluster, until the lag is released. */
  lagMetadata(): MetadataLag
}
